#include "turn/turn.hpp"

#include "tests/unit/core/share.hpp"

#include <csignal>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::turn {
namespace {

using namespace std::chrono_literals;
using core::to_string;
using testing::ElementsAre;
using testing::IsEmpty;

// Writes down what it is asked for, and starts processes 100, 101 and so on.
class NotingShell final : public Shell {
public:
    explicit NotingShell(core::System& system) : system_{system} {}

    core::Instant now() const override { return now_; }
    void carry_out(const core::Effect& effect) override {
        if (std::holds_alternative<core::Sweep>(effect)) said.push_back("sweep");
        if (const auto* const s = std::get_if<core::Signal>(&effect)) {
            said.push_back("signal " + std::to_string(s->number));
        }
    }
    std::optional<core::SpawnFailed> prepare(const core::Spawn& spawn) override {
        said.push_back("prepare " + std::to_string(spawn.run));
        if (no_room) return core::SpawnFailed{spawn.instance, spawn.run, "no room", true};
        return std::nullopt;
    }
    std::optional<core::Event> clone(const core::Spawn& spawn) override {
        said.push_back("clone " + std::to_string(spawn.run));
        if (elsewhere) return std::nullopt;
        now_ += clone_takes;
        return core::Spawned{spawn.instance, spawn.run, next_pid_++};
    }
    bool write(core::InstanceId, const core::Unit& unit, const core::Instance& i) override {
        said.push_back((full ? "cannot write " : "write ") + unit.spec->name + " " +
                       std::string{to_string(i.state)} + " " + std::to_string(i.pid));
        return !full;
    }
    core::SpawnFailed give_up(const core::Spawn& spawn) override {
        said.push_back("give up " + std::to_string(spawn.run));
        return {spawn.instance, spawn.run, "no room", true};
    }
    std::optional<core::Exited> record(const ToldExit& told) override {
        for (const core::Unit* unit : system_.units()) {
            const core::Instance& i = unit->instances.front();
            if (i.pid != told.pid) continue;
            said.push_back("record " + unit->spec->name);
            return core::Exited{{unit->id, 0}, i.run, told.status};
        }
        said.push_back("record nobody");
        return std::nullopt;
    }
    void publish() override { said.push_back("publish"); }
    void acknowledge(std::int32_t last, std::size_t count) override {
        said.push_back("acknowledge " + std::to_string(last) + " " + std::to_string(count));
    }
    void going_on(const core::Exited& exited) override {
        said.push_back("go on " + std::to_string(exited.run));
    }
    void hear() override { said.push_back("hear"); }
    bool look() override { return false; }
    void finish() override { said.push_back("finish"); }

    std::vector<std::string> take() { return std::exchange(said, {}); }

    std::vector<std::string> said;
    bool no_room = false;
    bool full = false;  // The disk that the records are on.
    core::Duration clone_takes{};
    bool elsewhere = false;  // Processes are made by somebody else, later.

private:
    core::System& system_;
    core::Instant now_{1000s};
    std::int32_t next_pid_ = 100;
};

class Turns : public testing::Test {
protected:
    void configure(std::vector<std::string> names) {
        std::vector<core::UnitSpec> specs;
        for (auto& name : names) {
            core::UnitSpec spec;
            spec.name = std::move(name);
            spec.stop = {{SIGTERM, 1s}};
            specs.push_back(std::move(spec));
        }
        turn_.perform(system_.apply(core::share(std::move(specs)), shell_.now()));
    }

    core::System system_{1};
    NotingShell shell_{system_};
    Turn turn_{system_, shell_};
};

TEST_F(Turns, ARunIsInTheRecordsBeforeItsProcessIsMade) {
    configure({"web"});
    EXPECT_FALSE(turn_.settle());
    EXPECT_THAT(shell_.take(), ElementsAre("prepare 1", "write web starting 0", "clone 1", "hear",
                                           "write web ready 100", "finish"));
}

TEST_F(Turns, WhatTheRecordsHaveNoRoomForIsNotMade) {
    shell_.full = true;
    configure({"web"});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("prepare 1", "cannot write web starting 0", "give up 1",
                                           "hear", "cannot write web backoff 0", "finish"));
    EXPECT_TRUE(turn_.unwritten());
    shell_.full = false;
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("write web backoff 0", "finish"));
    EXPECT_FALSE(turn_.unwritten());
}

TEST_F(Turns, AProcessThatIsMadeElsewhereIsToldOfLater) {
    shell_.elsewhere = true;
    configure({"web"});
    turn_.settle();
    EXPECT_THAT(shell_.take(),
                ElementsAre("prepare 1", "write web starting 0", "clone 1", "hear", "finish"));
    turn_.add(core::Spawned{{1, 0}, 1, 200});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("write web ready 200", "finish"));
}

TEST_F(Turns, WhatWasMadeNowhereIsMadeAgainForTheSameRun) {
    shell_.elsewhere = true;
    configure({"web"});
    turn_.settle();
    shell_.take();
    shell_.elsewhere = false;
    turn_.perform({core::Spawn{{1, 0}, 1}});
    turn_.settle();
    EXPECT_THAT(shell_.take(),
                ElementsAre("prepare 1", "clone 1", "hear", "write web ready 100", "finish"));
}

TEST_F(Turns, WhatIsStoppedMeanwhileIsNotMadeAgain) {
    shell_.elsewhere = true;
    configure({"web"});
    turn_.settle();
    turn_.add(core::StopRequested{{1, core::all_instances}});
    turn_.settle();
    shell_.take();
    turn_.perform({core::Spawn{{1, 0}, 1}});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("hear", "write web inactive 0", "finish"));
}

TEST_F(Turns, AnExitIsInTheJournalBeforeTheKeeperMayReap) {
    configure({"a", "b"});
    turn_.settle();
    shell_.take();
    turn_.take(std::vector<ToldExit>{{100, {}}, {77, {}}, {101, {}}});
    EXPECT_THAT(shell_.take(),
                ElementsAre("record a", "record nobody", "record b", "publish", "acknowledge 101 3",
                            "go on 1", "sweep", "go on 2", "sweep"));
}

// A main process that hands over and ends at once: the keeper reaps it, so a supervisor that
// takes over then can know of the new one by the records alone.
TEST_F(Turns, WhatWasHeardBeforeAnExitIsInTheRecordsBeforeTheKeeperMayReap) {
    configure({"a"});
    turn_.settle();
    turn_.meanwhile([&] { turn_.add(core::MainChanged{{1, 0}, 1, 200}); });
    shell_.take();
    turn_.take(std::vector<ToldExit>{{100, {}}});
    EXPECT_THAT(shell_.take(),
                ElementsAre("record nobody", "publish", "write a ready 200", "acknowledge 100 1"));
}

TEST_F(Turns, RecordsAreWrittenOnceForAllThatHappened) {
    configure({"a", "b"});
    turn_.settle();
    shell_.take();
    turn_.take(std::vector<ToldExit>{{100, {}}});
    turn_.add(core::TreeEmpty{{1, 0}, 1});
    turn_.outdate({1, 0});
    turn_.outdate({9, 0});
    shell_.take();
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("write a inactive 0", "finish"));
}

TEST_F(Turns, BetweenTwoSpawnsExitsAreHeard) {
    configure({"a", "b"});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("prepare 1", "write a starting 0", "write b starting 0",
                                           "clone 1", "hear", "prepare 2", "write a ready 100",
                                           "clone 2", "hear", "write b ready 101", "finish"));
}

TEST_F(Turns, ALongTurnLetsOthersHaveTheirsAndGoesOn) {
    shell_.clone_takes = Turn::length;
    configure({"a", "b"});
    EXPECT_TRUE(turn_.settle());
    EXPECT_TRUE(turn_.spawning());
    EXPECT_TRUE(turn_.settle());
    EXPECT_FALSE(turn_.spawning());
    EXPECT_FALSE(turn_.settle());
}

TEST_F(Turns, WhatAStopOvertakesIsNeverStarted) {
    configure({"a"});
    turn_.add(core::StopRequested{{1, core::all_instances}});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("hear", "write a inactive 0", "finish"));
}

TEST_F(Turns, WhatCannotBePreparedIsNotMade) {
    shell_.no_room = true;
    configure({"a"});
    turn_.settle();
    EXPECT_THAT(shell_.take(), ElementsAre("prepare 1", "hear", "write a backoff 0", "finish"));
}

TEST_F(Turns, WhatComesUpInTheMiddleWaitsForItsEnd) {
    configure({"a"});
    turn_.settle();
    shell_.take();
    turn_.meanwhile([&] {
        EXPECT_TRUE(turn_.busy());
        turn_.add(core::StopRequested{{1, core::all_instances}});
        EXPECT_THAT(shell_.said, IsEmpty());
    });
    EXPECT_FALSE(turn_.busy());
    EXPECT_THAT(shell_.take(), ElementsAre("signal 15"));
}

}  // namespace
}  // namespace superd::turn
