#include "world.hpp"

namespace superd::core {
namespace {

TEST(Restart, TheFirstRetryAfterAStableRunIsImmediate) {
    World world{{spec("web")}};
    world.pass(10s);
    world.exit("web", {.signal = SIGKILL});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").restarts, 1u);
}

TEST(Restart, BackoffGrowsToItsCapAndResetsAfterAStableRun) {
    auto web = spec("web");
    web.restart.delay = 100ms;
    web.restart.max_delay = 1s;
    World world{{web}};
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 6; ++i) {
        world.exit("web", {.code = 1});
        ASSERT_EQ(world.state("web"), State::backoff);
        const Duration wait = world.at("web").due - world.now;
        waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
        world.pass(wait);
        ASSERT_EQ(world.state("web"), State::ready);
    }
    EXPECT_EQ(waits, (std::vector<std::int64_t>{100, 200, 400, 800, 1000, 1000}));
    world.pass(10s);
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::ready) << "stable: retried at once";
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.at("web").due - world.now, 100ms) << "and the back-off begins anew";
}

TEST(Restart, JitterSpreadsUnitsThatFellTogether) {
    std::vector<UnitSpec> specs;
    for (int i = 0; i < 50; ++i) {
        specs.push_back(spec("s" + std::to_string(i)));
        specs.back().restart.jitter = 0.5;
        specs.back().restart.delay = 1s;
    }
    World world{std::move(specs)};
    std::set<std::int64_t> due;
    for (const Unit* unit : world.system.units()) {
        world.exit(unit->spec->name, {.code = 1});
        const Duration wait = unit->instances[0].due - world.now;
        EXPECT_GE(wait, 500ms);
        EXPECT_LE(wait, 1500ms);
        due.insert(wait.count());
    }
    EXPECT_GT(due.size(), 45u);
}

TEST(Restart, ADelayOfZeroRetriesAtOnceEvenInTheFirstSecond) {
    auto web = spec("web");
    web.restart.delay = 0s;
    World world{{web}};
    for (int i = 0; i < 5; ++i) {
        world.exit("web", {.code = 1});
        EXPECT_EQ(world.state("web"), State::ready);
    }
}

TEST(Restart, AProgramThatCannotBeStartedNeverSpinsTheLoop) {
    auto web = spec("web");
    web.restart.delay = 0s;
    web.autostart = false;
    World world{{web}};
    world.spawn_error = "no such file";
    world.happen(StartRequested{world.all("web"), 1});
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_GE(world.at("web").due - world.now, 100ms);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_NE(world.why("web").find("no such file"), std::string::npos);
    world.spawn_error.clear();
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::ready) << "the first start is retried like any other";
}

TEST(Restart, AForkThatFailsForWantOfMemoryIsNotHeldAgainstTheUnit) {
    auto web = spec("web");
    web.restart.limit = 1;
    web.restart.window = 1min;
    web.restart.on_limit = OnLimit::fail;
    web.restart.policy = RestartPolicy::never;
    World world{{spec("other")}};
    world.spawns = false;
    world.apply({spec("other"), web});
    for (int i = 0; i < 5; ++i) {
        const RunId run = world.at("web").run;
        world.happen(SpawnFailed{world.id("web"), run, "clone: no memory", true});
        ASSERT_EQ(world.state("web"), State::backoff);
        world.pass(30s);
        ASSERT_EQ(world.state("web"), State::starting);
    }
}

TEST(Restart, PoliciesDecideBySuccess) {
    struct Case {
        RestartPolicy policy;
        ExitStatus status;
        State expected;
    };
    const Case cases[] = {
        {RestartPolicy::always, {.code = 0}, State::backoff},
        {RestartPolicy::always, {.code = 1}, State::backoff},
        {RestartPolicy::on_failure, {.code = 0}, State::inactive},
        {RestartPolicy::on_failure, {.code = 1}, State::backoff},
        {RestartPolicy::on_failure, {.signal = SIGSEGV}, State::backoff},
        {RestartPolicy::on_failure, {.unknown = true}, State::backoff},
        {RestartPolicy::never, {.code = 0}, State::inactive},
        {RestartPolicy::never, {.code = 1}, State::failed},
        {RestartPolicy::on_failure, {.code = 78}, State::failed},
        {RestartPolicy::never, {.signal = SIGHUP}, State::backoff},
        {RestartPolicy::on_failure, {.code = 7}, State::inactive},
    };
    for (const auto& each : cases) {
        SCOPED_TRACE(describe(each.status));
        auto web = spec("web");
        web.restart.policy = each.policy;
        web.restart.success_codes = {0, 7};
        web.restart.never_on_codes = {78};
        web.restart.always_on_signals = {SIGHUP};
        World world{{web}};
        world.exit("web", each.status);
        EXPECT_EQ(world.state("web"), each.expected);
        EXPECT_EQ(world.at("web").goal, Goal::up);
    }
}

TEST(Restart, TheLimitWaitsOutItsWindowAndGoesOn) {
    auto web = spec("web");
    web.restart.delay = 0s;
    web.restart.limit = 3;
    web.restart.window = 1min;
    World world{{web}};
    for (int i = 0; i < 3; ++i) {
        world.pass(1s);
        world.exit("web", {.code = 1});
        ASSERT_EQ(world.state("web"), State::ready);
    }
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_TRUE(world.at("web").limited);
    EXPECT_EQ(world.at("web").reason, Reason::exited);
    EXPECT_EQ(world.at("web").due, Instant{101s} + 1min);
    world.pass(1min);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST(Restart, TheLimitGivesUpWhenToldToUntilTheOperatorResets) {
    auto web = spec("web");
    web.restart.delay = 0s;
    web.restart.limit = 2;
    web.restart.window = 1min;
    web.restart.on_limit = OnLimit::fail;
    World world{{web}};
    for (int i = 0; i < 3; ++i) world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::failed);
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::failed);
    world.happen(ResetRequested{world.all("web"), 6});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(6), Outcome::done);
}

TEST(Restart, TheLimitDoesNotHideWhyItFailed) {
    auto web = spec("web");
    web.awaits_ready = true;
    web.ready_timeout = 1s;
    web.restart.limit = 1;
    web.restart.window = 1min;
    web.restart.on_limit = OnLimit::fail;
    World world{{web}};
    world.pass(5s);
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_EQ(world.why("web"), "not ready in time, and restart.limit is exceeded");
}

TEST(Restart, NoMoreSpawnsThanTheLimitInAnyWindow) {
    auto web = spec("web");
    web.restart.delay = 0s;
    web.restart.limit = 5;
    web.restart.window = 10s;
    World world{{web}};
    std::vector<Instant> spawned;
    RunId last = 0;
    for (int i = 0; i < 2000; ++i) {
        if (world.at("web").run != last) {
            last = world.at("web").run;
            spawned.push_back(world.now);
        }
        if (world.state("web") == State::ready) world.exit("web", {.code = 1});
        world.pass(50ms);
    }
    for (std::size_t i = 6; i < spawned.size(); ++i) {
        EXPECT_GT(spawned[i] - spawned[i - 6], 9s) << i;
    }
    EXPECT_GT(spawned.size(), 40u);
}

TEST(Restart, AStopCancelsAPendingRetry) {
    auto web = spec("web");
    web.restart.delay = 5s;
    World world{{web}};
    world.exit("web", {.code = 1});
    ASSERT_EQ(world.state("web"), State::backoff);
    world.happen(StopRequested{world.all("web"), 2});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(2), Outcome::done);
    world.pass(1h);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

TEST(Restart, ACrashWhileBeingStoppedIsNotRestarted) {
    World world{{spec("web")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("web"), 2});
    world.exit("web", {.signal = SIGSEGV});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(2), Outcome::done);
}

TEST(Restart, AStartDuringTheBackoffTriesAtOnceAndForgetsThePast) {
    auto web = spec("web");
    web.restart.delay = 5s;
    World world{{web}};
    world.exit("web", {.code = 1});
    world.happen(StartRequested{world.all("web"), 2});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_EQ(world.at("web").attempt, 0u);
}

TEST(Restart, AStartIsAnsweredAsFailedByTheFirstFailureThoughRetriesGoOn) {
    auto web = spec("web");
    web.awaits_ready = true;
    web.autostart = false;
    World world{{web}};
    world.happen(StartRequested{world.all("web"), 2});
    EXPECT_FALSE(world.answered(2));
    world.exit("web", {.code = 3});
    EXPECT_EQ(world.answer(2), Outcome::failed);
    EXPECT_EQ(world.why("web"), "retry 1 in 0.1 s after exit 3");
}

}  // namespace
}  // namespace superd::core
