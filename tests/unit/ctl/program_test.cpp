// The real superctl, run against a control server with two units.
#include "tests/unit/control/served.hpp"
#include "tests/unit/places.hpp"
#include "wire/time.hpp"

#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
    int code = -1;
    std::string out, err;
};

std::string contents(const std::string& path) {
    const std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// superctl at work; its output goes to files, so that none of its pipes can fill up.
class Running {
public:
    // What is to be done with its descriptors after that.
    using Redirect = std::function<void(posix_spawn_file_actions_t& actions)>;

    Running(const Served& served, std::vector<std::string> words, const Redirect& redirect = {})
        : base_{served.directory + "/ran"} {
        words.insert(words.begin(), superd::places::superctl());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        auto runtime = "SUPERD_RUNTIME_DIR=" + served.directory;
        char* environment[] = {runtime.data(), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
        posix_spawn_file_actions_addopen(&actions, 1, (base_ + ".out").c_str(), flags, 0600);
        posix_spawn_file_actions_addopen(&actions, 2, (base_ + ".err").c_str(), flags, 0600);
        if (redirect) redirect(actions);
        const int error =
            ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error{"posix_spawn"};
    }

    pid_t pid() const { return pid_; }

    Ran wait() const {
        int status = 0;
        if (::waitpid(pid_, &status, 0) != pid_) throw std::runtime_error{"waitpid"};
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(base_ + ".out"),
                contents(base_ + ".err")};
    }

private:
    std::string base_;
    pid_t pid_ = -1;
};

Ran run(const Served& served, std::vector<std::string> words,
        const Running::Redirect& redirect = {}) {
    return Running{served, std::move(words), redirect}.wait();
}

TEST(Superctl, ShowsATable) {
    Served served;
    const auto ran = run(served, {"status"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.out,
              "NAME  STATE  PID   SINCE   RESTARTS  REASON\n"
              "db    ready  4711  1m 05s  2         running\n"
              "web   ready  4711  1m 05s  2         running\n");
}

TEST(Superctl, ShowsAPageAndWhetherItRuns) {
    Served served;
    auto ran = run(served, {"status", "web"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, StartsWith("web - The web\n  state      ready (as set by the test)\n"));
    EXPECT_THAT(ran.out, HasSubstr("  memory     1.5 MB\n"));
    served.sync([&] { served.operations.state = "backoff"; });
    EXPECT_EQ(run(served, {"status", "web"}).code, 3);
    EXPECT_EQ(run(served, {"status"}).code, 0);
}

TEST(Superctl, PrintsTheWholeStatusAsJson) {
    Served served;
    const auto ran = run(served, {"status", "--json"});
    EXPECT_EQ(ran.code, 0);
    const auto value = boost::json::parse(ran.out);
    EXPECT_EQ(value.at("schema").as_int64(), 1);
    EXPECT_EQ(value.at("units").as_array().size(), 2u);
    EXPECT_EQ(value.at("superd").at("version").as_string(), "1.2.3");
    EXPECT_EQ(value.at("units").at(0).at("instances").at(0).at("memory").as_int64(), 1'500'000);
}

TEST(Superctl, ListsNames) {
    Served served;
    EXPECT_EQ(run(served, {"list"}).out, "db\nweb\n");
    EXPECT_EQ(run(served, {"list", "--json"}).out, "{\"schema\":1,\"units\":[\"db\",\"web\"]}\n");
}

TEST(Superctl, SaysWhichUnitMayHaveBeenMeant) {
    Served served;
    for (const auto* verb : {"start", "status", "logs", "wait", "reset"}) {
        const auto ran = run(served, {verb, "wbe"});
        EXPECT_EQ(ran.code, 4) << verb;
        EXPECT_THAT(ran.err, HasSubstr("did you mean \"web\"?")) << verb;
        EXPECT_EQ(ran.out, "") << verb;
    }
}

TEST(Superctl, StartsAndWaits) {
    Served served;
    const Running running{served, {"start", "web", "db"}};
    served.until([&] { return served.operations.waiting.size() == 1; });
    served.sync([&] { served.operations.finish_all(); });
    const auto ran = running.wait();
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "web: ready\ndb: ready\n");
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 web,db"));
}

TEST(Superctl, StartsWithoutWaiting) {
    Served served;
    const auto ran = run(served, {"start", "--all", "--no-wait"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out + ran.err, "");
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 db,web", "abandon"));
}

TEST(Superctl, TellsFailuresAndTimeouts) {
    Served served;
    auto ran = run(served, {"start", "web", "--timeout", "20ms"});
    EXPECT_EQ(ran.code, 7);
    EXPECT_THAT(ran.err, HasSubstr("`superctl wait web` waits for it"));
    served.sync([&] {
        served.operations.act_at_once = true;
        served.operations.outcome = core::Outcome::failed;
        served.operations.state = "failed";
    });
    ran = run(served, {"restart", "web"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("superctl: cannot restart web: failed: as set by the test\n"));
    ran = run(served, {"restart", "web", "--json"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, StartsWith("{\"schema\":1,\"outcomes\":["));
}

TEST(Superctl, WaitsForBothEnds) {
    Served served;
    served.operations.act_at_once = true;
    EXPECT_EQ(run(served, {"wait", "web"}).code, 0);
    EXPECT_EQ(run(served, {"wait", "web", "--stopped"}).code, 0);
    EXPECT_EQ(run(served, {"wait", "web", "--stopped", "--ready"}).code, 2);
    EXPECT_THAT(served.operations.calls, ElementsAre("wait ready web", "wait stopped web"));
}

TEST(Superctl, SendsSignals) {
    Served served;
    EXPECT_EQ(run(served, {"signal", "HUP", "web"}).code, 0);
    EXPECT_EQ(run(served, {"signal", "web", "SIGUSR1"}).code, 0);
    EXPECT_EQ(run(served, {"signal", "-t", "9", "--all"}).code, 0);
    EXPECT_THAT(served.operations.calls,
                ElementsAre("signal 1 web", "signal 10 web", "signal 9 tree db,web"));
    EXPECT_EQ(run(served, {"signal", "HOPP", "web"}).code, 1);
    served.sync([&] { served.operations.refusal = "cannot signal web: it does not run"; });
    const auto ran = run(served, {"signal", "HUP", "web"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, StartsWith("superctl: cannot signal web: it does not run\n"));
}

TEST(Superctl, ShowsLogsAndEvents) {
    Served served;
    EXPECT_EQ(run(served, {"logs", "web"}).out, "hello from web\n");
    served.sync([&] {
        served.operations.past_events =
            "{\"time\":\"T\",\"seq\":1,\"event\":\"spawn\",\"unit\":\"web\",\"pid\":5}\n";
    });
    EXPECT_EQ(run(served, {"events", "--since", "10m", "web"}).out, "T web: started, pid 5\n");
    EXPECT_THAT(run(served, {"events", "--json"}).out, StartsWith("{\"time\":\"T\""));
}

TEST(Superctl, SaysWhenItsOutputCouldNotBeWritten) {
    Served served;
    served.operations.past_events =
        "{\"time\":\"T\",\"seq\":1,\"event\":\"spawn\",\"unit\":\"web\",\"pid\":5}\n";
    const auto to_full_disk = [](posix_spawn_file_actions_t& actions) {
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/full", O_WRONLY, 0);
    };
    using Words = std::vector<std::string>;
    for (const auto& words :
         {Words{"status"}, Words{"status", "--json"}, Words{"list"}, Words{"logs", "web"},
          Words{"events", "--since", "10m"}, Words{"version"}, Words{"help"}}) {
        const auto ran = run(served, words, to_full_disk);
        EXPECT_EQ(ran.code, 1) << words.front();
        EXPECT_THAT(ran.err, StartsWith("superctl: cannot write to standard output: No space left "
                                        "on device\n"))
            << words.front();
    }
    EXPECT_EQ(run(served, {"status", "wbe"}, to_full_disk).code, 4);
}

TEST(Superctl, PrintsNothingIntoItsSocketWhenStandardOutputIsClosed) {
    Served served;
    const Running running{served, {"events", "--follow"}, [](posix_spawn_file_actions_t& actions) {
                              posix_spawn_file_actions_addclose(&actions, 1);
                          }};
    served.until([&] { return served.operations.sinks.size() == 1; });
    const auto output = "/proc/" + std::to_string(running.pid()) + "/fd/1";
    EXPECT_EQ(std::filesystem::read_symlink(output), "/dev/null");
    ::kill(running.pid(), SIGTERM);
    running.wait();
}

TEST(Superctl, EndsWhenNobodyReadsWhatItFollows) {
    Served served;
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    os::Fd reader{ends[0]}, writer{ends[1]};
    const Running running{served, {"events", "--follow"}, [&](posix_spawn_file_actions_t& actions) {
                              posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
                          }};
    writer.reset();
    served.until([&] { return served.operations.sinks.size() == 1; });
    reader.reset();
    EXPECT_EQ(running.wait().code, 0);
}

TEST(Superctl, FollowsEventsUntilAMomentThatIsToCome) {
    Served served;
    for (const auto* past : {"10m", "now", "2026-01-01 00:00:00"}) {
        const auto ran = run(served, {"events", "--follow", "--until", past});
        EXPECT_EQ(ran.code, 2) << past;
        EXPECT_THAT(ran.err, StartsWith("superctl: cannot use --follow with --until: that is over "
                                        "already\n"));
    }
    // On a machine that is busy the moment may be over before superctl has begun.
    int code = 2;
    for (std::chrono::milliseconds ahead{1500}; code == 2 && ahead.count() < 60'000; ahead *= 2) {
        const auto soon = std::chrono::system_clock::now().time_since_epoch() + ahead;
        const auto moment =
            wire::format_time(std::chrono::duration_cast<std::chrono::nanoseconds>(soon).count());
        code = run(served, {"events", "--follow", "--until", moment}).code;
    }
    EXPECT_EQ(code, 0);
}

TEST(Superctl, ShowsChangesAndMistakes) {
    Served served;
    EXPECT_EQ(run(served, {"plan"}).err, "Nothing to change.\n");
    served.sync([&] { served.operations.next_plan.changes = {{"web", "live", {}, "x", true}}; });
    EXPECT_EQ(run(served, {"reload"}).out, "web  live  x\n");
    EXPECT_EQ(run(served, {"apply"}).code, 0);
    served.sync([&] { served.operations.next_plan.errors = {"units/web.toml:7:9: cannot use x"}; });
    const auto ran = run(served, {"apply"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, StartsWith("units/web.toml:7:9: cannot use x\nsuperctl: cannot use the"));
}

TEST(Superctl, TellsWhoMayNot) {
    Served served;
    served.operations.changers = false;
    const auto ran = run(served, {"stop", "web"});
    EXPECT_EQ(ran.code, 6);
    EXPECT_THAT(ran.err,
                HasSubstr("only root and its own user may\n  use sudo, or `superctl --bus`"));
}

TEST(Superctl, TellsThatNobodyIsThere) {
    Served served;
    const auto ran = run(served, {"list", "--socket", served.directory + "/no.sock"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_THAT(ran.err, StartsWith("superctl: cannot reach superd at " + served.directory));
    EXPECT_EQ(run(served, {"list", "--socket", "/" + std::string(200, 'x')}).code, 5);
    const auto version = run(served, {"version", "--socket", "/no"});
    EXPECT_EQ(version.code, 5);
    EXPECT_THAT(version.out, StartsWith("superctl "));
}

TEST(Superctl, ShowsVersions) {
    Served served;
    EXPECT_THAT(run(served, {"version"}).out, HasSubstr("superd   "));
    EXPECT_EQ(run(served, {"--version"}).out, run(served, {"version"}).out);
    EXPECT_THAT(run(served, {"--version", "--json"}).out, StartsWith("{\"schema\":1,"));
    EXPECT_THAT(run(served, {"version", "--json"}).out,
                StartsWith("{\"schema\":1,\"superctl\":\""));
}

TEST(Superctl, MistakesOnTheCommandLineAreUsageErrors) {
    Served served;
    EXPECT_EQ(run(served, {"start"}).code, 2);
    EXPECT_EQ(run(served, {}).code, 2);
    EXPECT_EQ(run(served, {"--help"}).code, 0);
    EXPECT_EQ(run(served, {"help", "start"}).code, 0);
}

// As when the supervisor is replaced just then: the keeper's listening socket
// lives on, the connections do not.
TEST(Superctl, AsksAgainWhenItsConnectionIsLost) {
    Served served;
    const Running running{served, {"start", "web"}};
    served.until([&] { return served.operations.waiting.size() == 1; });
    served.sync([&] { served.restart_server(); });
    served.until([&] { return served.operations.waiting.size() == 1; });
    served.sync([&] { served.operations.finish_all(); });
    EXPECT_EQ(running.wait().code, 0);
    EXPECT_THAT(served.operations.calls, ElementsAre("act 0 web", "abandon", "act 0 web"));
}

TEST(Superctl, DoesNotRestartTwiceWhenItsConnectionIsLost) {
    Served served;
    const Running running{served, {"restart", "web"}};
    served.until([&] { return served.operations.waiting.size() == 1; });
    served.sync([&] { served.restart_server(); });
    const auto ran = running.wait();
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("the connection was lost"));
    EXPECT_THAT(served.operations.calls, ElementsAre("act 2 web", "abandon"));
}

}  // namespace
}  // namespace superd::test
