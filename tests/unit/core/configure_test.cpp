#include "world.hpp"

namespace superd::core {
namespace {

TEST(Configure, UnchangedUnitsKeepTheirRuns) {
    World world{{spec("a"), spec("b")}};
    const RunId run = world.at("a").run;
    world.apply({spec("a"), spec("c")});
    EXPECT_EQ(world.at("a").run, run);
    EXPECT_EQ(world.system.find("b"), nullptr);
    EXPECT_EQ(world.state("c"), State::ready);
    ASSERT_EQ(world.seen<Forget>().size(), 1u);
    EXPECT_EQ(world.seen<Forget>()[0].unit, "b");
}

TEST(Configure, ARemovedUnitIsForgottenOnlyWhenItsTreeIsGone) {
    World world{{spec("a"), needing("b", "a")}};
    world.obeys = false;
    world.apply({});
    ASSERT_NE(world.system.find("a"), nullptr);
    EXPECT_EQ(world.state("a"), State::ready) << "b must end first";
    EXPECT_EQ(world.state("b"), State::stopping);
    world.pass(1min);
    EXPECT_EQ(world.system.size(), 0u);
    EXPECT_TRUE(world.processes.empty());
    EXPECT_TRUE(world.timers.empty());
}

TEST(Configure, ChangingTheNumberOfInstancesTouchesOnlyThoseAddedOrRemoved) {
    auto worker = spec("worker");
    worker.instances = 2;
    World world{{worker}};
    const RunId first = world.at("worker", 0).run, second = world.at("worker", 1).run;
    worker.instances = 4;
    world.apply({worker});
    EXPECT_EQ(world.unit("worker").instances.size(), 4u);
    EXPECT_EQ(world.state("worker", 3), State::ready);
    EXPECT_EQ(world.at("worker", 1).run, second);
    worker.instances = 1;
    world.apply({worker});
    EXPECT_EQ(world.unit("worker").instances.size(), 1u);
    EXPECT_EQ(world.at("worker", 0).run, first);
    EXPECT_EQ(world.processes.size(), 1u);
}

TEST(Configure, AnInstanceWantedAgainWhileItLeavesComesBack) {
    auto worker = spec("worker");
    worker.instances = 2;
    World world{{worker}};
    world.obeys = false;
    worker.instances = 1;
    world.apply({worker});
    EXPECT_EQ(world.state("worker", 1), State::stopping);
    worker.instances = 2;
    world.apply({worker});
    world.pass(10s);
    EXPECT_EQ(world.unit("worker").instances.size(), 2u);
    EXPECT_EQ(world.state("worker", 1), State::ready);
}

TEST(Configure, AUnitThatComesBackWhileItLeavesStartsAgain) {
    World world{{spec("web")}};
    world.obeys = false;
    world.apply({});
    world.apply({spec("web")});
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST(Configure, AReloadDoesNotStartWhatTheOperatorStopped) {
    World world{{spec("db"), needing("web", "db")}};
    world.happen(StopRequested{world.all("db")});
    EXPECT_EQ(world.state("web"), State::waiting);
    world.apply({spec("db"), needing("web", "db")});
    EXPECT_EQ(world.state("db"), State::inactive);
    EXPECT_EQ(world.at("db").goal, Goal::down);
}

// Else the next supervisor would take it for new, and start it if its file says so by then.
TEST(Configure, WhatIsNewIsInTheRecordsThoughNothingHasHappenedToIt) {
    auto web = spec("web");
    web.autostart = false;
    World world{{web}};
    ASSERT_EQ(world.seen<Changed>().size(), 1u);
    EXPECT_EQ(world.seen<Changed>()[0].instance, world.id("web"));
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Configure, WhoWaitsForAStopThatANewDependentUndoesIsTold) {
    World world{{spec("db"), spec("web")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("db"), 1});
    EXPECT_FALSE(world.answered(1));
    world.apply({spec("db"), needing("web", "db")});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    world.pass(1min);
    EXPECT_EQ(world.state("db"), State::ready);
}

TEST(Configure, ANewDependencyOfARunningUnitIsStarted) {
    auto db = spec("db");
    db.autostart = false;
    World world{{db, spec("web")}};
    const RunId web = world.at("web").run;
    EXPECT_EQ(world.state("db"), State::inactive);
    world.apply({db, needing("web", "db")});
    EXPECT_EQ(world.state("db"), State::ready);
    EXPECT_EQ(world.at("web").run, web);
}

Restored restored(std::string unit, State state, RunId run, std::int32_t pid) {
    Restored made{std::move(unit), 0, {}};
    made.instance.goal = Goal::up;
    made.instance.state = state;
    made.instance.reason = Reason::running;
    made.instance.run = run;
    made.instance.pid = pid;
    return made;
}

TEST(Adopt, WhatRanGoesOnUnderItsRunAndGoal) {
    World world;
    std::vector<Restored> kept;
    kept.push_back(restored("web", State::ready, 17, 4711));
    kept.back().instance.started = world.now - 1s;
    world.adopt({spec("web"), spec("fresh")}, std::move(kept));
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").pid, 4711);
    EXPECT_EQ(world.state("fresh"), State::ready);
    EXPECT_GT(world.at("fresh").run, 17u) << "run numbers never repeat";
    world.happen(Exited{world.id("web"), 17, {.code = 1}});
    EXPECT_EQ(world.state("web"), State::backoff);
}

TEST(Adopt, WhatTheOperatorStoppedStaysStopped) {
    World world;
    std::vector<Restored> kept;
    kept.push_back(restored("db", State::inactive, 3, 0));
    kept.back().instance.goal = Goal::down;
    kept.push_back(restored("web", State::waiting, 4, 0));
    world.adopt({spec("db"), needing("web", "db")}, std::move(kept));
    EXPECT_EQ(world.state("db"), State::inactive);
    EXPECT_EQ(world.state("web"), State::waiting);
}

TEST(Adopt, ASpawnThatNeverHappenedIsRepeatedAsANewRun) {
    World world;
    std::vector<Restored> kept;
    kept.push_back(restored("web", State::starting, 5, 0));
    world.adopt({spec("web")}, std::move(kept));
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").run, 6u);
    world.happen(ShutdownRequested{});
    EXPECT_EQ(world.seen<AllDown>().size(), 1u) << "the count of the living is right";
}

TEST(Adopt, ARunOfWhichNoMoreThanItsSpawnWasNotedGoesOnLikeAnyOther) {
    auto web = spec("web"), job = spec("job");
    web.awaits_ready = true;
    job.type = UnitType::oneshot;
    World world;
    std::vector<Restored> kept;
    kept.push_back(restored("web", State::starting, 5, 50));
    kept.back().instance.reason = Reason::spawning;
    kept.push_back(restored("job", State::starting, 6, 60));
    kept.back().instance.reason = Reason::spawning;
    world.adopt({web, job}, std::move(kept));
    EXPECT_EQ(world.at("job").reason, Reason::running);
    world.ready("job");
    EXPECT_EQ(world.state("job"), State::starting) << "a oneshot is never ready";
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.timers.empty());
}

TEST(Adopt, PendingTimersAndStopsGoOn) {
    auto starting = spec("starting");
    starting.awaits_ready = true;
    World world;
    std::vector<Restored> kept;
    kept.push_back(restored("starting", State::starting, 5, 50));
    kept.push_back(restored("backoff", State::backoff, 6, 0));
    kept.back().instance.due = world.now + 3s;
    kept.push_back(restored("stopping", State::stopping, 7, 70));
    kept.back().instance.goal = Goal::down;
    kept.push_back(restored("leftover", State::stopping, 8, 0));
    kept.back().instance.leader_gone = true;
    kept.back().instance.goal = Goal::down;
    world.processes.emplace(7, InstanceId{3, 0});
    world.adopt({starting, spec("backoff"), spec("stopping"), spec("leftover")}, std::move(kept));
    EXPECT_EQ(world.seen<AwaitReady>().size(), 1u);
    EXPECT_EQ(world.state("stopping"), State::inactive);
    EXPECT_EQ(world.state("leftover"), State::inactive);
    EXPECT_EQ(world.state("backoff"), State::backoff);
    world.pass(3s);
    EXPECT_EQ(world.state("backoff"), State::ready);
    world.pass(20s);
    EXPECT_EQ(world.at("starting").reason, Reason::ready_timeout);
}

}  // namespace
}  // namespace superd::core
