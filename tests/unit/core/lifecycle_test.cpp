#include "world.hpp"

namespace superd::core {
namespace {

TEST(Lifecycle, AnAutostartedUnitIsReadyAsSoonAsItRuns) {
    World world{{spec("web")}};
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").goal, Goal::up);
    EXPECT_EQ(world.at("web").pid, 1000);
}

TEST(Lifecycle, AUnitWithoutAutostartWaitsForTheOperator) {
    auto web = spec("web");
    web.autostart = false;
    World world{{web}};
    EXPECT_EQ(world.state("web"), State::inactive);
    world.happen(StartRequested{world.all("web"), 7});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST(Lifecycle, ReadinessIsAwaitedAndThenTold) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_EQ(world.seen<AwaitReady>().size(), 1u);
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.timers.empty());
}

TEST(Lifecycle, NotReadyInTimeGoesThroughTheRestartPolicy) {
    auto web = spec("web");
    web.awaits_ready = true;
    web.ready_timeout = 5s;
    World world{{web}};
    world.pass(5s);
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.at("web").reason, Reason::ready_timeout);
    EXPECT_TRUE(world.processes.empty());
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST(Lifecycle, AStopDuringStartingTakesEffect) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    world.happen(StopRequested{world.all("web"), 3});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(3), Outcome::done);
    EXPECT_EQ(world.seen<ForgetReady>().size(), 1u);
    world.pass(1min);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

TEST(Lifecycle, AStopThatOvertakesTheSpawnSignalsTheProcessWhenItAppears) {
    World world{{spec("other")}};
    world.spawns = false;
    world.apply({spec("other"), spec("web")});
    const RunId run = world.at("web").run;
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_TRUE(world.seen<Signal>().empty());
    world.processes.emplace(run, world.id("web"));
    world.happen(Spawned{world.id("web"), run, 77});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_FALSE(world.processes.contains(run));
}

TEST(Lifecycle, IgnoringSigtermEndsInSigkillAfterItsPatience) {
    World world{{spec("web")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("web"), 5});
    ASSERT_EQ(world.seen<Signal>().size(), 1u);
    EXPECT_EQ(world.seen<Signal>()[0].number, SIGTERM);
    world.pass(9999ms);
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_FALSE(world.answered(5));
    world.pass(1ms);
    EXPECT_EQ(world.seen<Signal>().back().number, SIGKILL);
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(5), Outcome::done);
}

TEST(Lifecycle, ALeaderThatExitsWhileItsTreeIgnoresSigtermDoesNotEndTheEscalation) {
    World world{{spec("web")}};
    world.trees_end = false;
    world.happen(StopRequested{world.all("web"), 5});
    EXPECT_TRUE(world.processes.empty());
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_FALSE(world.answered(5));
    world.pass(10s);
    EXPECT_EQ(world.seen<Signal>().back().number, SIGKILL);
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Lifecycle, ACrashedLeadersTreeIsEndedBeforeTheRestart) {
    World world{{spec("web")}};
    world.trees_end = false;
    world.obeys = false;
    world.exit("web", {.signal = SIGSEGV});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.at("web").reason, Reason::leftovers);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
    world.pass(10s);
    EXPECT_EQ(world.seen<Signal>().back().number, SIGKILL);
    EXPECT_NE(world.state("web"), State::stopping);
}

TEST(Lifecycle, AnExitOfAnEarlierRunChangesNothing) {
    World world{{spec("web")}};
    const RunId stale = world.at("web").run;
    world.happen(RestartRequested{world.all("web")});
    const auto count = world.log.size();
    world.happen(Exited{world.id("web"), stale, {.code = 1}});
    world.happen(TreeEmpty{world.id("web"), stale});
    world.happen(BecameReady{world.id("web"), stale});
    EXPECT_EQ(world.log.size(), count);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Lifecycle, AnExitToldTwiceCountsOnce) {
    auto web = spec("web");
    web.restart.delay = 1s;
    World world{{web}};
    const RunId run = world.at("web").run;
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::backoff);
    world.happen(Exited{world.id("web"), run, {.code = 1}});
    EXPECT_EQ(world.at("web").restarts, 1u);
    EXPECT_EQ(world.state("web"), State::backoff);
}

TEST(Lifecycle, ReadinessOfAnEarlierRunMovesNothing) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    const RunId stale = world.at("web").run;
    world.exit("web", {.code = 1});
    world.pass(100ms);
    ASSERT_EQ(world.state("web"), State::starting);
    world.happen(BecameReady{world.id("web"), stale});
    world.happen(ReadyFailed{world.id("web"), stale});
    EXPECT_EQ(world.state("web"), State::starting);
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Lifecycle, AStaleTimerIsIgnored) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    const ArmTimer stale = world.timers.at({world.unit("web").id, 0});
    world.happen(RestartRequested{world.all("web")});
    ASSERT_EQ(world.state("web"), State::starting);
    ASSERT_NE(world.at("web").timer, stale.timer);
    for (const auto timer : {stale.timer, world.at("web").timer + 1}) {
        world.happen(TimerFired{stale.instance, timer});
        EXPECT_EQ(world.state("web"), State::starting) << "another timer has taken its place";
    }
    world.ready("web");
    world.happen(TimerFired{stale.instance, world.at("web").timer});
    EXPECT_EQ(world.state("web"), State::ready) << "none is armed";
}

TEST(Lifecycle, AOneshotCompletesAndIsRunAgainOnlyWhenAsked) {
    auto job = spec("job");
    job.type = UnitType::oneshot;
    World world{{job}};
    EXPECT_EQ(world.state("job"), State::starting);
    world.exit("job", {.code = 0});
    EXPECT_EQ(world.state("job"), State::completed);
    world.pass(1h);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
    world.happen(StartRequested{world.all("job")});
    EXPECT_EQ(world.state("job"), State::starting);
}

TEST(Lifecycle, RestartStopsAndStartsAgain) {
    World world{{spec("web")}};
    const RunId before = world.at("web").run;
    world.happen(RestartRequested{world.all("web"), 8});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_GT(world.at("web").run, before);
    EXPECT_EQ(world.answer(8), Outcome::done);
    EXPECT_EQ(world.at("web").restarts, 0u);
}

TEST(Lifecycle, ALaterCommandSupersedesAnEarlierOneAndSaysSo) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    world.happen(StartRequested{world.all("web"), 1});
    world.happen(StopRequested{world.all("web"), 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    EXPECT_EQ(world.answer(2), Outcome::done);
}

TEST(Lifecycle, AStartWhileStoppingStartsAgainWhenDown) {
    World world{{spec("web")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("web"), 1});
    world.happen(StartRequested{world.all("web"), 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(2), Outcome::done);
}

TEST(Lifecycle, OneInstanceIsStoppedAloneByItsIndex) {
    auto worker = spec("worker");
    worker.instances = 3;
    World world{{worker}};
    world.happen(StopRequested{world.id("worker", 1), 4});
    EXPECT_EQ(world.state("worker", 0), State::ready);
    EXPECT_EQ(world.state("worker", 1), State::inactive);
    EXPECT_EQ(world.state("worker", 2), State::ready);
    EXPECT_EQ(world.answer(4), Outcome::done);
}

TEST(Lifecycle, ShutdownStopsAllAndSaysSoOnce) {
    World world{{spec("a"), spec("b")}};
    world.happen(ShutdownRequested{});
    world.happen(ShutdownRequested{});
    EXPECT_TRUE(world.processes.empty());
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
    world.happen(StartRequested{world.all("a"), 9});
    EXPECT_EQ(world.answer(9), Outcome::failed);
    EXPECT_EQ(world.at("a").goal, Goal::up) << "automation must not touch the operator's goal";
}

TEST(Lifecycle, ShutdownOfNothingIsDoneAtOnce) {
    World world{{}};
    world.happen(ShutdownRequested{});
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
}

}  // namespace
}  // namespace superd::core
