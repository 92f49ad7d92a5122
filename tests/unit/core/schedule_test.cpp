#include "tests/unit/core/clocked.hpp"

namespace superd::core {
namespace {

TEST(Timer, ItRunsWhenItIsDueAndNotAtTheStart) {
    Clocked world{{timed({.every = 1h})}};
    EXPECT_EQ(world.state("job"), State::inactive);
    EXPECT_EQ(world.at("job").goal, Goal::up);
    EXPECT_EQ(world.why("job"), "not run yet, next run in 60 min");
    world.pass(59min);
    EXPECT_EQ(world.runs(), 0u);
    world.pass(1min);
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    EXPECT_EQ(world.state("job"), State::completed);
    EXPECT_EQ(world.why("job"), "done after 0.0 s, next run in 60 min");
    world.pass(3h);
    EXPECT_EQ(world.runs(), 2u) << "the second one has not ended";
}

TEST(Timer, AnIntervalIsCountedFromDueMomentToDueMoment) {
    Clocked world{{timed({.every = 10s})}};
    world.pass(10s);
    for (std::size_t i = 1; i <= 5; ++i) {
        ASSERT_EQ(world.runs(), i);
        world.pass(3s);
        world.exit("job", {});
        world.pass(7s);  // The run's length is no part of it.
    }
}

TEST(Timer, AtIsCalendarTime) {
    Clocked world{{daily(15)}};
    world.pass(3h - 1s);
    EXPECT_EQ(world.runs(), 0u);
    world.pass(1s);
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.pass(24h - 1s);
    EXPECT_EQ(world.runs(), 1u);
    world.pass(1s);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, WithoutAWallClockNothingOfTheCalendarIsDue) {
    World world{{daily(15)}};
    world.pass(100h);
    EXPECT_TRUE(world.seen<Spawn>().empty());
}

TEST(Timer, AnIntervalMindsNoClockThatIsSet) {
    Clocked world{{timed({.every = 1h})}};
    world.pass(30min);
    world.tell(noon + 365 * 86'400);
    world.tell(noon - 365 * 86'400);
    world.pass(29min);
    EXPECT_EQ(world.runs(), 0u);
    world.pass(1min);
    EXPECT_EQ(world.runs(), 1u);
}

TEST(Timer, AClockSetBackRepeatsNothing) {
    Clocked world{{daily(13)}};
    world.pass(1h);
    ASSERT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.tell(noon + 30 * 60);  // Half an hour before that run, again.
    world.pass(2h);
    EXPECT_EQ(world.runs(), 1u);
    world.tell(noon + 30 * 60 - 86'400);  // More than a day before it: that is another time.
    world.pass(31min);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, AClockSetForwardMovesTheRunAndDoesNotLoseIt) {
    Clocked world{{daily(15)}};
    world.tell(noon + 2 * 3600);
    world.pass(1h);
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.tell(noon + 26 * 3600 + 3600 + 30);  // Half a minute after the next one.
    world.pass(0s);
    EXPECT_EQ(world.runs(), 2u) << "that is late, not missed";
}

TEST(Timer, AMissedRunIsMadeUpOnceOrPassedOver) {
    for (const bool catch_up : {true, false}) {
        Clocked world{{daily(15, catch_up)}};
        world.tell(noon + 5 * 86'400);  // It slept through four of them.
        world.pass(0s);
        EXPECT_EQ(world.runs(), catch_up ? 1u : 0u);
        EXPECT_TRUE(world.told(catch_up ? "a missed run is made up" : "is passed over"));
        if (catch_up) world.exit("job", {});
        world.pass(3h - 1s);
        EXPECT_EQ(world.runs(), catch_up ? 1u : 0u);
        world.pass(1s);
        EXPECT_EQ(world.runs(), catch_up ? 2u : 1u) << "the next one comes at its time";
    }
}

TEST(Timer, WhatWasMissedWhileSuperdWasDownIsMadeUp) {
    for (const std::int64_t seen : {noon - 4 * 86'400, noon - 60}) {
        Clocked world{{daily(15, true)}};
        world.happen(RanBefore{world.id("job"), seen * second_ns, seen * second_ns});
        world.pass(0s);
        EXPECT_EQ(world.runs(), seen == noon - 60 ? 0u : 1u);
    }
    Clocked interval{{timed({.every = 1h, .catch_up = true})}};
    interval.happen(RanBefore{interval.id("job"), (noon - 40 * 60) * second_ns, 0});
    interval.pass(20min - 1s);
    EXPECT_EQ(interval.runs(), 0u);
    interval.pass(1s);
    EXPECT_EQ(interval.runs(), 1u) << "an hour after the last run, by the wall clock";
}

TEST(Timer, WithoutCatchUpThePastIsNothing) {
    Clocked world{{daily(15)}};
    world.happen(RanBefore{world.id("job"), (noon - 4 * 86'400) * second_ns, 0});
    world.pass(0s);
    EXPECT_EQ(world.runs(), 0u);
}

TEST(Timer, StartRunsItAtOnceAndLeavesTheTimer) {
    Clocked world{{timed({.every = 1h})}};
    world.pass(20min);
    world.happen(StartRequested{world.all("job"), 1});
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.pass(40min - 1s);
    EXPECT_EQ(world.runs(), 1u);
    world.pass(1s);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, StopSuspendsItAndStartHasItGoOn) {
    Clocked world{{timed({.every = 1h, .catch_up = true})}};
    world.happen(StopRequested{world.all("job"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.pass(5h);
    EXPECT_EQ(world.runs(), 0u);
    EXPECT_EQ(world.schedule, Instant{}) << "nobody is woken for it";
    world.happen(StartRequested{world.all("job"), 2});
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.pass(59min);
    EXPECT_EQ(world.runs(), 1u) << "what came while it was suspended is not made up";
    world.pass(1min);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, SuspendingLeavesTheRunAlone) {
    Clocked world{{timed({.every = 1h})}};
    world.pass(1h);
    world.happen(ScheduleRequested{world.unit("job").id, false});
    EXPECT_EQ(world.state("job"), State::starting);
    world.exit("job", {});
    EXPECT_EQ(world.why("job"), "done after 0.0 s, its timer is suspended");
    world.pass(5h);
    EXPECT_EQ(world.runs(), 1u);
    world.happen(ScheduleRequested{world.unit("job").id, true});
    world.pass(1h);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, AFailureIsRetriedAndTheNextRunComesAnyway) {
    auto job = timed({.every = 1h});
    job.restart.limit = 1;
    job.restart.window = 1h;
    job.restart.on_limit = OnLimit::fail;
    Clocked world{{job}};
    world.pass(1h);
    world.exit("job", {.code = 1});
    EXPECT_EQ(world.state("job"), State::backoff);
    world.pass(1s);
    EXPECT_EQ(world.runs(), 2u);
    world.exit("job", {.code = 1});
    EXPECT_EQ(world.state("job"), State::failed);
    EXPECT_TRUE(world.why("job").ends_with("next run in 59 min")) << world.why("job");
    world.pass(1h);
    EXPECT_EQ(world.runs(), 3u);
}

TEST(Timer, ADueRunTakesThePlaceOfARetry) {
    auto job = timed({.every = 10s});
    job.restart.delay = 1h, job.restart.max_delay = 1h;
    Clocked world{{job}};
    world.pass(10s);
    world.exit("job", {.code = 1});
    ASSERT_EQ(world.state("job"), State::backoff);
    world.pass(10s);
    EXPECT_EQ(world.runs(), 2u);
    EXPECT_EQ(world.at("job").attempt, 0u);
}

TEST(Timer, JitterPutsARunOffAndDoesNotMoveTheNext) {
    Clocked world{{timed({.every = 1h, .jitter = 10min})}};
    Instant due = world.now;
    bool late = false;
    for (int i = 0; i < 20; ++i) {
        due += 1h;
        world.pass(due - world.now + 10min);
        ASSERT_EQ(world.runs(), static_cast<std::size_t>(i + 1));
        ASSERT_GE(world.at("job").started, due);
        ASSERT_LE(world.at("job").started, due + 10min);
        late = late || world.at("job").started > due + 1min;
        world.exit("job", {});
    }
    EXPECT_TRUE(late);
}

TEST(Timer, OnStartRunsItWhenItsGoalBecomesUp) {
    Clocked world{{timed({.every = 1h, .on_start = true})}};
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.pass(1h);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Timer, WhoNeedsItWaitsForItsFirstSuccess) {
    Clocked world{{timed({.every = 1h}), needing("web", "job")}};
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.why("web"), "on job: has not run yet");
    EXPECT_EQ(world.runs(), 0u) << "it is not pulled up before its time";
    world.pass(1h);
    world.exit("job", {});
    EXPECT_EQ(world.state("web"), State::ready);
    const RunId run = world.at("web").run;
    world.pass(1h);
    world.exit("job", {});
    EXPECT_EQ(world.at("web").run, run);
}

TEST(Timer, ItWaitsForWhatItNeedsWhenItIsDue) {
    auto job = timed({.every = 1h});
    job.dependencies.push_back({"db", DependencyKind::needs, When::ready});
    auto db = spec("db");
    db.awaits_ready = true;
    Clocked world{{db, job}};
    world.timers.clear();  // Its readiness has no deadline here.
    world.pass(3h);
    EXPECT_EQ(world.state("job"), State::waiting);
    world.ready("db");
    EXPECT_EQ(world.runs(), 1u);
}

TEST(Timer, AMemberThatIsNotDueKeepsItsGroupUp) {
    auto group = spec("all");
    group.type = UnitType::group;
    group.group = std::make_shared<GroupRule>(GroupRule{.members = {"web", "job"}});
    Clocked world{{spec("web"), timed({.every = 1h}), group}};
    EXPECT_EQ(world.state("all"), State::ready);
    world.happen(StopRequested{world.all("all"), 1});
    world.pass(2h);
    EXPECT_EQ(world.runs(), 0u);
    world.happen(StartRequested{world.all("all"), 2});
    EXPECT_EQ(world.runs(), 0u) << "starting a group has its timers go on";
    world.pass(1h);
    EXPECT_EQ(world.runs(), 1u);
}

TEST(Timer, AnotherRuleBeginsAnew) {
    Clocked world{{timed({.every = 10h})}};
    world.pass(5h);
    world.apply({timed({.every = 1h, .catch_up = true})});
    world.pass(59min);
    EXPECT_EQ(world.runs(), 0u);
    world.pass(1min);
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    auto plain = spec("job");
    plain.type = UnitType::oneshot;
    world.apply({plain});
    world.pass(10h);
    EXPECT_EQ(world.runs(), 1u);
    EXPECT_EQ(world.at("job").schedule, nullptr);
}

TEST(Timer, GoesOnWithAnotherSupervisor) {
    for (const auto& job : {timed({.every = 1h, .jitter = 5min}), daily(13)}) {
        Clocked before{{job}};
        before.pass(40min);
        World after;
        after.now = before.now;
        after.happen(ClockTold{after.now, (noon + 40 * 60) * second_ns, std::make_shared<Zone>()});
        after.adopt({job}, before.recorded());
        EXPECT_EQ(after.at("job").schedule->next, before.at("job").schedule->next);
        EXPECT_EQ(after.schedule, before.at("job").schedule->next);
        after.pass(25min);
        EXPECT_EQ(after.seen<Spawn>().size(), 1u);
    }
}

TEST(Timer, ASupervisorsShortAbsenceMissesNothing) {
    Clocked before{{timed({.every = 1h})}};
    before.pass(59min);
    World after;
    after.now = before.now + 70s;
    after.adopt({timed({.every = 1h})}, before.recorded());
    after.pass(0s);
    EXPECT_EQ(after.seen<Spawn>().size(), 1u);
    EXPECT_TRUE(after.seen<TimerTold>().empty()) << "a few seconds late";
    after.pass(59min + 49s);
    EXPECT_EQ(after.seen<Spawn>().size(), 1u);
}

TEST(Timer, LetsNoRunWaitAfterATakeOverIfItsRuleSaysSoByThen) {
    Clocked before{{timed({.every = 1h, .overlap = Overlap::queue})}};
    before.pass(1h);
    before.pass(1h);
    ASSERT_TRUE(before.at("job").schedule->queued);
    World after;
    after.now = before.now;
    after.adopt({timed({.every = 1h, .overlap = Overlap::skip})}, before.recorded());
    EXPECT_FALSE(after.at("job").schedule->queued);
    after.exit("job", {.code = 0});
    EXPECT_EQ(after.state("job"), State::completed);
}

TEST(Timer, IsNotDueWhileSuperdStops) {
    Clocked world{{timed({.every = 1h})}};
    world.happen(ShutdownRequested{});
    world.pass(5h);
    EXPECT_EQ(world.runs(), 0u);
}

TEST(Timer, TellsDistancesInWords) {
    EXPECT_EQ(describe(Duration{1200ms}), "1.2 s");
    EXPECT_EQ(describe(Duration{7h + 12min}), "7 h 12 min");
    EXPECT_EQ(describe(Duration{76h}), "3 d 4 h");
    EXPECT_EQ(describe(Duration{-1s}), "0.0 s");
}

}  // namespace
}  // namespace superd::core
