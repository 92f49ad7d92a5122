#include "supervisor/history.hpp"

#include "os/file.hpp"
#include "supervisor/journal.hpp"
#include "wire/time.hpp"

#include <stdlib.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

wire::Event exit_of(std::string unit, core::RunId run, int code = 1) {
    wire::Event event{.kind = wire::EventKind::exit, .unit = std::move(unit), .run = run};
    event.time = wire::format_time(static_cast<std::int64_t>(run) * 1'000'000'000);
    event.instance = 0;
    event.pid = static_cast<std::int32_t>(1000 + run);
    event.code = code;
    event.uptime = 2.5;
    return event;
}

wire::Event lines_of(std::string unit, core::RunId run, std::vector<std::string> lines) {
    wire::Event event{.kind = wire::EventKind::lines, .unit = std::move(unit), .run = run};
    event.instance = 0;
    event.lines = std::move(lines);
    return event;
}

wire::Event command_of(std::string unit, std::string action, int second) {
    wire::Event event{.kind = wire::EventKind::command,
                      .unit = std::move(unit),
                      .action = std::move(action),
                      .user = "root"};
    event.time = wire::format_time(second * 1'000'000'000ll);
    event.uid = 0;
    return event;
}

std::vector<core::RunId> runs(const History& history, std::string_view unit) {
    std::vector<core::RunId> found;
    for (const Death& death : history.deaths(unit, 0)) found.push_back(death.run);
    return found;
}

TEST(History, KeepsTheLastDeathsWithAllThatIsKnownOfThem) {
    History history;
    auto event = exit_of("web", 7);
    event.code.reset();
    event.signal = "SIGKILL";
    event.oom = true;
    event.cpu = 1.25;
    event.rss = 9'000'000;
    event.reason = "check-failed";
    event.message = "check http: refused";
    history.take(event);
    history.take(lines_of("web", 7, {"err: bye"}));
    ASSERT_THAT(history.deaths("web", 0), SizeIs(1));
    const Death& death = history.deaths("web", 0)[0];
    EXPECT_EQ(death.pid, 1007);
    EXPECT_EQ(death.at_ns, 7'000'000'000);
    EXPECT_EQ(death.uptime, 2500ms);
    EXPECT_EQ(death.status, (core::ExitStatus{.signal = 9, .oom = true}));
    EXPECT_EQ(death.cpu_us, 1'250'000);
    EXPECT_EQ(death.rss_bytes, 9'000'000);
    EXPECT_EQ(death.ended_by, "check-failed");
    EXPECT_EQ(death.cause, "check http: refused");
    EXPECT_THAT(death.lines, ElementsAre("err: bye"));
    EXPECT_THAT(history.deaths("web", 1), IsEmpty());
    EXPECT_THAT(history.deaths("db", 0), IsEmpty());
}

TEST(History, IsARing) {
    History history;
    for (core::RunId run = 1; run <= 20; ++run) history.take(exit_of("web", run));
    EXPECT_THAT(runs(history, "web"), ElementsAre(13, 14, 15, 16, 17, 18, 19, 20));
}

TEST(History, AnExitThatIsToldTwiceIsOneDeath) {
    History history;
    history.take(exit_of("web", 1));
    history.take(lines_of("web", 1, {"out: last words"}));
    history.take(exit_of("web", 2));
    history.take(exit_of("web", 1));
    EXPECT_THAT(runs(history, "web"), ElementsAre(1, 2));
    EXPECT_THAT(history.lines("web", 0, 1), ElementsAre("out: last words"));
}

TEST(History, LinesOfOlderDeathsAreBounded) {
    History history;
    history.take(exit_of("web", 1));
    std::vector<std::string> many(50, "out: " + std::string(400, 'x') + "ü");
    history.take(lines_of("web", 1, many));
    EXPECT_THAT(history.lines("web", 0, 1), SizeIs(50));
    history.take(exit_of("web", 2));
    EXPECT_THAT(history.lines("web", 0, 1), SizeIs(History::lines_max));
    EXPECT_LE(history.lines("web", 0, 1)[0].size(), History::line_bytes_max);
}

TEST(History, ManyInstancesKeepFewerDeathsEach) {
    History history;
    constexpr int units = 3000;
    for (core::RunId run = 1; run <= 3 * units; ++run) {
        history.take(exit_of("unit" + std::to_string(run % units), run));
    }
    for (core::RunId run = 1; run <= units; ++run) {
        history.take(exit_of("unit" + std::to_string(run % units), 100'000 + run));
    }
    EXPECT_THAT(runs(history, "unit5"), SizeIs(History::deaths_max_of_many));
}

TEST(History, TheLastCommandIsThatOfTheInstanceItsUnitOrAll) {
    History history;
    EXPECT_EQ(history.command("web", 0).at_ns, 0);
    history.take(command_of("", "stop", 1));
    EXPECT_EQ(history.command("web", 0).action, "stop");
    history.take(command_of("web", "start", 2));
    EXPECT_EQ(history.command("web", 0).action, "start");
    auto one = command_of("web", "restart", 3);
    one.instance = 1;
    history.take(one);
    EXPECT_EQ(history.command("web", 0).action, "start");
    EXPECT_EQ(history.command("web", 1).action, "restart");
    history.take(command_of("", "stop", 4));
    EXPECT_EQ(history.command("web", 1).action, "stop");
    history.take(command_of("web", "signal", 5));
    history.take(command_of("", "reload", 6));
    EXPECT_EQ(history.command("web", 1).action, "stop");
    history.take(command_of("web", "start", 3));  // Read again, from an older file.
    EXPECT_EQ(history.command("web", 1).action, "stop");
}

TEST(History, ForgetsWhatIsForgotten) {
    History history;
    history.take(exit_of("web", 1));
    history.take(exit_of("db", 2));
    history.take(exit_of("old", 3));
    history.take(command_of("old", "stop", 1));
    history.forget("web", 0);
    history.forget("web", 7);
    history.prune([](const std::string& unit) { return unit != "old"; });
    EXPECT_THAT(history.deaths("web", 0), IsEmpty());
    EXPECT_THAT(history.deaths("old", 0), IsEmpty());
    EXPECT_THAT(history.deaths("db", 0), SizeIs(1));
    EXPECT_EQ(history.command("old", 0).at_ns, 0);
}

class HistoryFile : public testing::Test {
protected:
    HistoryFile() {
        char name[] = "/tmp/sdhist.XXXXXX";
        directory_ = ::mkdtemp(name);
    }
    ~HistoryFile() override { std::filesystem::remove_all(directory_); }
    std::string path() const { return directory_ + "/history.jsonl"; }

    std::string directory_;
};

TEST_F(HistoryFile, GivesBackAllThatIsRemembered) {
    History history;
    auto event = exit_of("web", 7);
    event.cpu = 0.5;
    event.rss = 4096;
    event.reason = "watchdog";
    event.message = "no ping for 3 s";
    history.take(event);
    history.take(lines_of("web", 7, {"err: oh"}));
    history.take(command_of("", "stop", 5));
    auto one = command_of("web", "restart", 6);
    one.instance = 1;
    history.take(one);
    ASSERT_TRUE(history.save(path()));
    History read;
    read.load(path());
    ASSERT_THAT(read.deaths("web", 0), SizeIs(1));
    const Death& death = read.deaths("web", 0)[0];
    EXPECT_EQ(death.at_ns, 7'000'000'000);
    EXPECT_EQ(death.cpu_us, 500'000);
    EXPECT_EQ(death.rss_bytes, 4096);
    EXPECT_EQ(death.ended_by, "watchdog");
    EXPECT_EQ(death.cause, "no ping for 3 s");
    EXPECT_EQ(death.uptime, 2500ms);
    EXPECT_THAT(death.lines, ElementsAre("err: oh"));
    EXPECT_EQ(read.command("db", 0).action, "stop");
    EXPECT_EQ(read.command("web", 1).user, "root");
    read.load(directory_ + "/missing");
    EXPECT_THAT(read.deaths("web", 0), SizeIs(1));
}

// A neighbour that crashes all the time does not make the others forget.
TEST_F(HistoryFile, OutlivesTheJournalsBound) {
    constexpr std::uint64_t bytes_max = 4096;
    {
        History history;
        auto journal = Journal::open(directory_, bytes_max);
        ASSERT_TRUE(journal);
        journal->before_loss([&] { ASSERT_TRUE(history.save(path())); });
        for (core::RunId run = 1; run <= 300; ++run) {
            const auto event = exit_of(run == 1 ? "quiet" : "noisy", run);
            history.take(event);
            journal->append(event);
            ASSERT_TRUE(journal->flush([](const std::string&) {}));
        }
    }
    auto journal = Journal::open(directory_, bytes_max);
    ASSERT_TRUE(journal);
    History read;
    read.load(path());
    EXPECT_FALSE(journal->past(read).exits.contains(1));
    EXPECT_THAT(runs(read, "quiet"), ElementsAre(1));
    EXPECT_THAT(runs(read, "noisy"), ElementsAre(293, 294, 295, 296, 297, 298, 299, 300));
}

}  // namespace
}  // namespace superd::supervisor
