// Whatever may come in the middle of a rolling restart.
#include "tests/unit/core/rolling.hpp"

namespace superd::core {
namespace {

TEST_F(Rolling, AStopInTheMiddleEndsBothRuns) {
    begin(rolled(2));
    roll();
    world.happen(StopRequested{world.all("web"), 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_TRUE(world.processes.empty());
    EXPECT_TRUE(world.unit("web").beside.empty());
    world.pass(1h);
    EXPECT_TRUE(world.processes.empty());
}

TEST_F(Rolling, AStopOfOneInstanceEndsTheWholeOfIt) {
    begin(rolled(3));
    roll();
    world.happen(StopRequested{world.id("web", 2), 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web", 0).run, before[0]);
    EXPECT_EQ(world.at("web", 1).run, before[1]);
}

TEST_F(Rolling, ARestartTakesItsPlace) {
    begin(rolled(2));
    roll();
    world.happen(RestartRequested{world.all("web"), 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    EXPECT_TRUE(world.unit("web").beside.empty());
    world.ready("web", 0);
    world.ready("web", 1);
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_EQ(world.processes.size(), 2u);
}

// A shell may have one of an earlier replacement's timers on its way still.
TEST_F(Rolling, ATimerOfAnEarlierReplacementIsNoneOfTheNext) {
    begin(rolled(1));
    roll();
    const ArmTimer earlier = world.timers.at({world.unit("web").id, beside(world.id("web")).index});
    const RunId failed = world.second("web")->run;
    world.processes.erase(failed);
    world.happen(Exited{beside(world.id("web")), failed, {.code = 1}});
    roll(2);
    world.happen(TimerFired{earlier.instance, earlier.timer});
    ASSERT_NE(world.second("web"), nullptr);
    EXPECT_EQ(world.second("web")->state, State::starting);
    world.second_ready("web");
    EXPECT_EQ(world.answer(2), Outcome::done);
}

TEST_F(Rolling, ATimerOfWhatWasScaledAwayIsNoneOfWhatIsAddedLater) {
    begin(rolled(1));
    world.happen(ScaleRequested{world.unit("web").id, 2});
    const ArmTimer earlier = world.timers.at({world.unit("web").id, 1});
    world.happen(ScaleRequested{world.unit("web").id, 1});
    ASSERT_EQ(world.unit("web").instances.size(), 1u);
    world.happen(ScaleRequested{world.unit("web").id, 2});
    world.happen(TimerFired{earlier.instance, earlier.timer});
    EXPECT_EQ(world.state("web", 1), State::starting);
}

TEST_F(Rolling, OfWhatWaitsInVainHasFailed) {
    auto db = spec("db");
    db.restart.policy = RestartPolicy::never;
    auto web = rolled(1);
    web.dependencies = {{"cache", DependencyKind::needs, When::started}};
    world.apply({db, needing("cache", "db"), web});
    world.exit("db", {.code = 1});
    ASSERT_EQ(world.state("web"), State::waiting);
    roll();
    EXPECT_EQ(world.state("db"), State::ready) << "it is wanted again";
    world.exit("db", {.code = 1});
    EXPECT_EQ(world.answer(1), Outcome::failed);
}

TEST_F(Rolling, ASecondOneBeginsAnew) {
    begin(rolled(2));
    roll();
    const RunId first = world.second("web", 0)->run;
    roll(2);
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    ASSERT_NE(world.second("web", 0), nullptr);
    EXPECT_GT(world.second("web", 0)->run, first) << "begun after it was asked for";
    world.second_ready("web", 0);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(2), Outcome::done);
    for (const RunId run : runs()) EXPECT_GT(run, first);
}

TEST_F(Rolling, WhatIsScaledAwayIsNotWaitedFor) {
    begin(rolled(3));
    roll();
    world.second_ready("web", 0);
    ASSERT_NE(world.second("web", 1), nullptr);
    world.happen(ScaleRequested{world.unit("web").id, 1, 2});
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.unit("web").instances.size(), 1u);
    EXPECT_EQ(world.processes.size(), 1u);
}

TEST_F(Rolling, WhatIsAddedMeanwhileIsNewAnyway) {
    begin(rolled(2));
    roll();
    world.happen(ScaleRequested{world.unit("web").id, 4, 2});
    world.second_ready("web", 0);
    EXPECT_EQ(world.second("web", 1), nullptr) << "two are on their way up";
    world.ready("web", 2);
    world.ready("web", 3);
    ASSERT_NE(world.second("web", 1), nullptr);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.processes.size(), 4u);
}

TEST_F(Rolling, AReloadInTheMiddleChangesNothing) {
    begin(rolled(2));
    roll();
    const RunId run = world.second("web", 0)->run;
    world.apply({rolled(2)});
    EXPECT_EQ(world.second("web", 0)->run, run);
    world.second_ready("web", 0);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST_F(Rolling, AUnitThatLeavesTakesBothRunsAlong) {
    begin(rolled(2));
    world.obeys = false;
    roll();
    world.apply({});
    EXPECT_NE(world.system.find("web"), nullptr) << "until all is down";
    world.pass(11s);
    EXPECT_EQ(world.system.find("web"), nullptr);
    EXPECT_TRUE(world.processes.empty());
    EXPECT_TRUE(world.timers.empty());
}

TEST_F(Rolling, ShutdownInTheMiddleWaitsForBothRuns) {
    begin(rolled(2));
    roll();
    world.obeys = false;
    world.second_ready("web", 0);
    world.happen(ShutdownRequested{0});
    EXPECT_TRUE(world.seen<AllDown>().empty());
    world.pass(11s);
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
    EXPECT_TRUE(world.processes.empty());
    EXPECT_EQ(world.answer(1), Outcome::superseded);
}

TEST_F(Rolling, TheNewRunFollowsAnOldOneThatCrashesMeanwhile) {
    begin(rolled(2));
    roll();
    const RunId next = world.second("web", 0)->run;
    world.exit("web", {.signal = SIGSEGV});
    EXPECT_EQ(world.at("web").run, next) << "what is on its way up is not thrown away";
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web").last_exit->status.signal, SIGSEGV);
    EXPECT_FALSE(world.answered(1));
    // Its watch was begun under its earlier id.
    world.happen(BecameReady{beside(world.id("web")), next});
    EXPECT_EQ(world.state("web"), State::ready);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST_F(Rolling, AnOldOneThatCrashesWhileNothingFollowsItIsRestarted) {
    begin(rolled(3));
    roll();
    world.exit("web", {.code = 1}, 2);
    ASSERT_EQ(world.state("web", 2), State::backoff);
    EXPECT_FALSE(world.answered(1)) << "it was an old one";
    world.second_ready("web", 0);
    EXPECT_EQ(world.second("web", 1), nullptr) << "one is missing already";
    world.pass(1s);
    world.ready("web", 2);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.seen<RollTold>().back().phase, RollPhase::done);
}

TEST_F(Rolling, ANewOneThatCrashesAWhileLaterEndsIt) {
    begin(rolled(3));
    roll();
    world.second_ready("web", 0);
    ASSERT_NE(world.second("web", 1), nullptr);
    world.exit("web", {.code = 9}, 0);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1), "web/0: exit 9, 2 instances not replaced");
    EXPECT_EQ(world.at("web", 1).run, before[1]);
    EXPECT_TRUE(world.unit("web").beside.empty());
}

TEST_F(Rolling, AGroupsRestartGoesBeforeIt) {
    auto group = spec("all");
    group.type = UnitType::group;
    group.group = std::make_shared<GroupRule>(
        GroupRule{.members = {"web", "db"}, .strategy = Strategy::one_for_all});
    begin(rolled(1), {spec("db"), group});
    roll();
    ASSERT_NE(world.second("web"), nullptr);
    world.exit("db", {.code = 1});
    EXPECT_EQ(world.second("web"), nullptr);
    EXPECT_NE(world.state("web"), State::ready);
    world.pass(1s);
    world.ready("web");
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_GT(world.at("web").run, before[0]);
}

TEST_F(Rolling, WhatDoesNotRunIsStarted) {
    begin(rolled(2));
    world.happen(StopRequested{world.id("web", 1), 5});
    roll();
    EXPECT_EQ(world.state("web", 1), State::starting);
    EXPECT_EQ(world.second("web", 0), nullptr) << "one is on its way up";
    world.ready("web", 1);
    world.second_ready("web", 0);
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST_F(Rolling, StopThenStartNeverHasTwo) {
    begin(rolled(3, 0));
    world.obeys = false;
    roll(1, 2);
    EXPECT_EQ(world.state("web", 0), State::stopping);
    EXPECT_EQ(world.state("web", 1), State::stopping);
    EXPECT_EQ(world.state("web", 2), State::ready);
    EXPECT_EQ(world.why("web"), "to be started again: a rolling restart, SIGTERM sent");
    EXPECT_EQ(world.system.next_run(), before.back() + 1);
    world.pass(10s);
    world.ready("web", 0);
    EXPECT_EQ(world.state("web", 2), State::stopping) << "there is room for it";
    world.obeys = true;
    world.pass(10s);
    world.ready("web", 1);
    EXPECT_FALSE(world.answered(1));
    world.ready("web", 2);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.at("web").restarts, 0u);
}

TEST_F(Rolling, StopThenStartEndsWithTheFirstThatDoesNotComeBack) {
    begin(rolled(3, 0));
    roll();
    world.exit("web", {.code = 2}, 0);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1), "web/0: exit 2, 2 instances not replaced");
    EXPECT_EQ(world.at("web", 1).run, before[1]);
    EXPECT_EQ(world.at("web", 2).run, before[2]);
    world.pass(1s);
    world.ready("web", 0);
    EXPECT_EQ(world.at("web", 1).run, before[1]) << "though it came back: by its own policy";
}

TEST_F(Rolling, ChecksAndWatchdogWatchOverWhoeverIsInPlace) {
    auto unit = rolled(1);
    CheckSpec check;
    check.name = "http";
    check.failures = 1;
    check.start_timeout = 0s;
    unit.checks = {check};
    unit.watchdog.every = 4s;
    begin(unit);
    roll();
    const RunId old = before[0];
    world.pass(3s);
    world.happen(WatchdogTold{world.id("web"), old});
    world.second_ready("web");
    EXPECT_EQ(world.seen<StartChecks>().back().run, world.at("web").run);
    EXPECT_EQ(world.seen<StopChecks>().back().run, old);
    world.happen(CheckFailed{world.id("web"), old, 0, "late"});
    EXPECT_EQ(world.state("web"), State::ready) << "that was about the old one";
    world.pass(3s);
    world.happen(WatchdogTold{world.id("web"), world.at("web").run});
    world.pass(3s);
    EXPECT_EQ(world.state("web"), State::ready);
    world.pass(2s);
    EXPECT_NE(world.state("web"), State::ready) << "the new one's own watchdog";
}

// The supervisor dies at each step of a roll of two; the next one comes to the same end.
TEST_F(Rolling, ANewSupervisorGoesOnWithIt) {
    const auto unit = rolled(2);
    for (int dies_after = 0; dies_after < 4; ++dies_after) {
        SCOPED_TRACE(dies_after);
        world = World{};
        begin(unit);
        roll();
        world.obeys = false;
        if (dies_after >= 1) world.second_ready("web", 0);
        if (dies_after >= 2) world.pass(10s);
        if (dies_after >= 3) world.second_ready("web", 1);
        next_supervisor(unit);
        EXPECT_EQ(ready(), 2u);
        for (int round = 0; round < 4; ++round) {
            for (std::uint32_t i = 0; i < 2; ++i) {
                const Instance* const second = world.second("web", i);
                if (second && second->state == State::starting) world.second_ready("web", i);
                EXPECT_EQ(ready(), 2u);
            }
            world.pass(10s);
        }
        EXPECT_TRUE(world.unit("web").beside.empty());
        EXPECT_EQ(world.processes.size(), 2u);
        for (std::uint32_t i = 0; i < 2; ++i) EXPECT_GT(world.at("web", i).run, before.back());
    }
}

TEST_F(Rolling, ANewSupervisorKnowsAFailureOfTheOneBefore) {
    const auto unit = rolled(2);
    begin(unit);
    roll();
    world.obeys = false;
    world.pass(20s);  // Not ready in time, and it ignores SIGTERM.
    ASSERT_EQ(world.second("web", 0)->state, State::stopping);
    next_supervisor(unit);
    world.pass(30s);
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(world.processes.size(), 2u);
}

TEST_F(Rolling, ARunThatNeverCameToBeVanishesWithItsSupervisor) {
    const auto unit = rolled(2);
    begin(unit);
    world.spawns = false;
    roll();
    ASSERT_EQ(world.second("web", 0)->pid, 0);
    world.spawns = true;
    next_supervisor(unit);
    ASSERT_NE(world.second("web", 0), nullptr) << "the flag stands: another one";
    EXPECT_NE(world.second("web", 0)->pid, 0);
    world.second_ready("web", 0);
    world.second_ready("web", 1);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.processes.size(), 2u);
}

TEST_F(Rolling, StopThenStartGoesOnWithANewSupervisor) {
    const auto unit = rolled(2, 0);
    begin(unit);
    roll();
    ASSERT_EQ(world.state("web", 0), State::starting);
    next_supervisor(unit);
    world.ready("web", 0);
    world.ready("web", 1);
    for (std::uint32_t i = 0; i < 2; ++i) EXPECT_GT(world.at("web", i).run, before.back());
    EXPECT_EQ(ready(), 2u);
}

}  // namespace
}  // namespace superd::core
