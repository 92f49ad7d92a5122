#include "world.hpp"

namespace superd::core {
namespace {

std::vector<UnitSpec> shop() {
    auto db = spec("db");
    db.awaits_ready = true;
    return {db, needing("web", "db")};
}

TEST(Dependencies, ADependentWaitsUntilWhatItNeedsIsReady) {
    World world{shop()};
    EXPECT_EQ(world.state("db"), State::starting);
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.why("web"), "on db: not ready yet");
    world.ready("db");
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Dependencies, StartingADependentStartsWhatItNeedsAndWants) {
    auto db = spec("db");
    db.autostart = false;
    auto cache = spec("cache");
    cache.autostart = false;
    auto web = needing("web", "db");
    web.autostart = false;
    web.dependencies.push_back({"cache", DependencyKind::wants, When::ready});
    World world{{cache, db, web}};
    EXPECT_TRUE(world.processes.empty());
    world.happen(StartRequested{world.all("web"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.state("db"), State::ready);
    EXPECT_EQ(world.state("cache"), State::ready);
}

TEST(Dependencies, AFailureOfWhatIsWantedChangesNothing) {
    auto cache = spec("cache");
    cache.restart.policy = RestartPolicy::never;
    World world{{cache, needing("web", "cache", DependencyKind::wants)}};
    world.exit("cache", {.code = 1});
    EXPECT_EQ(world.state("cache"), State::failed);
    EXPECT_EQ(world.state("web"), State::ready);
    world.happen(RestartRequested{world.all("web"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Dependencies, ARestartWithinThePolicyLeavesDependentsRunning) {
    World world{shop()};
    world.ready("db");
    const RunId web = world.at("web").run;
    world.exit("db", {.signal = SIGSEGV});
    EXPECT_EQ(world.state("db"), State::backoff);
    EXPECT_EQ(world.state("web"), State::ready);
    world.pass(1s);
    world.ready("db");
    EXPECT_EQ(world.at("web").run, web);
}

TEST(Dependencies, DependentsStopWhenWhatTheyNeedIsLostAndHealWhenItComesBack) {
    auto specs = shop();
    specs[0].restart.policy = RestartPolicy::never;
    World world{specs};
    world.ready("db");
    world.exit("db", {.code = 1});
    EXPECT_EQ(world.state("db"), State::failed);
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.at("web").goal, Goal::up);
    EXPECT_EQ(world.why("web"), "on db: failed");
    world.happen(StartRequested{world.all("db")});
    world.ready("db");
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Dependencies, AWaitingDependentThatTheOperatorStoppedDoesNotHeal) {
    auto specs = shop();
    specs[0].restart.policy = RestartPolicy::never;
    World world{specs};
    world.ready("db");
    world.exit("db", {.code = 1});
    world.happen(StopRequested{world.all("web")});
    world.happen(StartRequested{world.all("db")});
    world.ready("db");
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Dependencies, StopsGoInReverseOrderAndWait) {
    World world{shop()};
    world.ready("db");
    world.obeys = false;
    world.happen(StopRequested{world.all("db"), 1});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.state("db"), State::ready) << "its dependent is still alive";
    EXPECT_EQ(world.why("db"), "to be stopped after its dependents");
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.state("db"), State::stopping);
    world.pass(10s);
    EXPECT_EQ(world.state("db"), State::inactive);
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.happen(StartRequested{world.all("db")});
    world.ready("db");
    EXPECT_EQ(world.state("web"), State::ready) << "its goal was up all the time";
}

TEST(Dependencies, TheLastInstanceThatRunsWaitsForDependentsToo) {
    auto db = spec("db");
    db.instances = 2;
    World world{{db, needing("web", "db")}};
    world.exit("db", {}, 1);
    EXPECT_EQ(world.state("db", 1), State::inactive);
    world.obeys = false;
    world.happen(StopRequested{world.id("db"), 1});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.state("db"), State::ready);
    world.pass(1min);
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Dependencies, ALossTravelsThroughAChain) {
    auto disk = spec("disk");
    disk.restart.policy = RestartPolicy::never;
    World world{{disk, needing("db", "disk"), needing("web", "db")}};
    world.exit("disk", {.code = 1});
    EXPECT_EQ(world.state("db"), State::waiting);
    EXPECT_EQ(world.state("web"), State::waiting);
    world.happen(StartRequested{world.all("disk")});
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Dependencies, ShutdownGoesInReverseOrderOfAfterToo) {
    World world{{spec("log"), needing("app", "log", DependencyKind::after)}};
    world.obeys = false;
    world.happen(ShutdownRequested{});
    EXPECT_EQ(world.state("app"), State::stopping);
    EXPECT_EQ(world.state("log"), State::ready);
    world.pass(1min);
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
}

TEST(Dependencies, AfterWaitsOnlyForWhatIsWanted) {
    auto migrate = spec("migrate");
    migrate.type = UnitType::oneshot;
    World world{{migrate, needing("web", "migrate", DependencyKind::after, When::completed)}};
    EXPECT_EQ(world.state("web"), State::waiting);
    world.exit("migrate", {.code = 0});
    EXPECT_EQ(world.state("web"), State::ready);

    auto unwanted = migrate;
    unwanted.autostart = false;
    World other{{unwanted, needing("web", "migrate", DependencyKind::after, When::completed)}};
    EXPECT_EQ(other.state("web"), State::ready);
}

TEST(Dependencies, AfterCompletedInsistsWhileOtherOrdersLetGoOfTheFailed) {
    auto job = spec("job");
    job.type = UnitType::oneshot;
    job.restart.policy = RestartPolicy::never;
    World world{{job, needing("strict", "job", DependencyKind::after, When::completed),
                 needing("loose", "job", DependencyKind::after, When::ready)}};
    world.exit("job", {.code = 1});
    EXPECT_EQ(world.state("strict"), State::waiting);
    EXPECT_EQ(world.state("loose"), State::ready);
}

TEST(Dependencies, ANeededOneshotCountsWhenItIsCompleted) {
    auto migrate = spec("migrate");
    migrate.type = UnitType::oneshot;
    World world{{migrate, needing("web", "migrate")}};
    EXPECT_EQ(world.state("web"), State::waiting);
    world.exit("migrate", {.code = 0});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.state("migrate"), State::completed);
}

TEST(Dependencies, ACompletedOneshotStaysDoneWhenWhatItNeededIsLost) {
    auto disk = spec("disk");
    disk.restart.policy = RestartPolicy::never;
    auto migrate = needing("migrate", "disk");
    migrate.type = UnitType::oneshot;
    World world{{disk, migrate, needing("web", "migrate")}};
    world.exit("migrate", {.code = 0});
    world.exit("disk", {.code = 1});
    EXPECT_EQ(world.state("migrate"), State::completed);
    EXPECT_EQ(world.state("web"), State::ready);
    world.happen(RestartRequested{world.all("web"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Dependencies, StartedIsEnoughWhenAsked) {
    auto specs = shop();
    specs[1].dependencies[0].when = When::started;
    World world{specs};
    EXPECT_EQ(world.state("db"), State::starting);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Dependencies, ARestartWhileWaitingForADependencyKeepsWaiting) {
    World world{shop()};
    world.happen(RestartRequested{world.all("web"), 1});
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_FALSE(world.answered(1));
    world.ready("db");
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Dependencies, WhoWaitsForADependentOfTheLostIsTold) {
    auto specs = shop();
    specs[0].restart.policy = RestartPolicy::never;
    specs[1].autostart = false;
    World world{specs};
    world.happen(StartRequested{world.all("web"), 1});
    EXPECT_FALSE(world.answered(1));
    world.exit("db", {.code = 1});
    EXPECT_EQ(world.answer(1), Outcome::failed);
}

TEST(Dependencies, WhoWaitsForAStartAfterWhatWillNotCompleteIsTold) {
    auto migrate = spec("migrate");
    migrate.type = UnitType::oneshot;
    migrate.restart.policy = RestartPolicy::never;
    auto web = needing("web", "migrate", DependencyKind::after, When::completed);
    World world{{migrate, web, needing("shop", "web", DependencyKind::after)}};
    world.happen(StartRequested{world.all("web"), 1});
    world.happen(StartRequested{world.all("shop"), 2});
    EXPECT_FALSE(world.answered(1) || world.answered(2));
    world.exit("migrate", {.code = 1});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer(2), Outcome::failed);
    EXPECT_EQ(world.state("web"), State::waiting);
}

TEST(Dependencies, OneOfSeveralInstancesDownDoesNotStopDependents) {
    auto db = spec("db");
    db.instances = 2;
    db.restart.policy = RestartPolicy::never;
    World world{{db, needing("web", "db")}};
    world.exit("db", {.code = 1}, 0);
    EXPECT_EQ(world.state("web"), State::ready);
    world.exit("db", {.code = 1}, 1);
    EXPECT_EQ(world.state("web"), State::waiting);
}

}  // namespace
}  // namespace superd::core
