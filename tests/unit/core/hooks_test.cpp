#include "world.hpp"

namespace superd::core {
namespace {

UnitSpec hooked(std::string name, std::initializer_list<Hook> hooks) {
    auto made = spec(std::move(name));
    HookRule rule;
    for (const Hook hook : hooks) rule.timeouts[std::to_underlying(hook)] = 30s;
    rule.crash_limit = 2;
    made.hooks = std::make_shared<HookRule>(rule);
    return made;
}

Instance restored(const Instance& from) {
    Instance i;
    i.goal = from.goal, i.state = from.state, i.reason = from.reason, i.hook = from.hook;
    i.leader_gone = from.leader_gone, i.run = from.run, i.pid = from.pid, i.due = from.due;
    i.started = from.started, i.since = from.since, i.run_failed = from.run_failed;
    if (from.crash) i.crash = std::make_unique<Crash>(*from.crash);
    if (from.last_exit) i.last_exit = std::make_unique<LastExit>(*from.last_exit);
    return i;
}

// The supervisor dies, and with it the hooks that run; the next one takes over.
void replace_supervisor(World& world, std::vector<UnitSpec> specs) {
    std::vector<Restored> kept;
    for (const auto& each : specs) {
        kept.push_back({each.name, 0, restored(world.at(each.name)), 0});
    }
    world.running.clear();
    world.timers.clear();
    world.system = System{7, world.system.next_run()};
    world.adopt(std::move(specs), std::move(kept));
}

std::vector<HookTold> told(const World& world) { return world.seen<HookTold>(); }

TEST(Hooks, PreStartRunsBeforeTheProcessOfEachRun) {
    World world{{hooked("web", {Hook::pre_start})}};
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_EQ(world.at("web").reason, Reason::pre_start);
    EXPECT_TRUE(world.seen<Spawn>().empty());
    EXPECT_EQ(world.why("web"), "pre-start hook runs, 0.0 s of 30 s");
    world.pass(3s);
    EXPECT_EQ(world.why("web"), "pre-start hook runs, 3.0 s of 30 s");
    world.end_hook(Hook::pre_start);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").started, world.now) << "the hook's time is none of the run's";
    world.exit("web", {.code = 1});
    world.pass(100ms);
    EXPECT_TRUE(world.runs(Hook::pre_start)) << "of the next run";
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

// It waits until those who need it are down, and is not started meanwhile.
TEST(Hooks, APreStartThatEndsAfterAStopStartsNothing) {
    const auto db = hooked("db", {Hook::pre_start});
    World world{{db, needing("web", "db")}};
    world.end_hook(Hook::pre_start);
    ASSERT_EQ(world.state("web"), State::ready);
    world.exit("db", {.code = 1});
    world.pass(1s);
    ASSERT_EQ(world.at("db").reason, Reason::pre_start);
    world.obeys = false;
    world.happen(StopRequested{world.all("db"), 1});
    ASSERT_EQ(world.state("web"), State::stopping);
    world.end_hook(Hook::pre_start);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u) << "db's first, and web's";
    EXPECT_EQ(world.state("db"), State::inactive);
    world.pass(1min);
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Hooks, APreStartThatFailsIsAFailedStartByThePolicy) {
    auto web = hooked("web", {Hook::pre_start});
    web.restart.limit = 2;
    web.restart.window = 1h;
    web.restart.on_limit = OnLimit::fail;
    World world{{web}};
    world.happen(StartRequested{world.all("web"), 4});
    world.end_hook(Hook::pre_start, false, "ended with exit 3");
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.at("web").reason, Reason::pre_start_failed);
    EXPECT_EQ(world.answer(4), Outcome::failed);
    EXPECT_EQ(world.why("web"), "retry 1 in 0.1 s after pre-start hook ended with exit 3");
    ASSERT_EQ(told(world).size(), 1u);
    EXPECT_FALSE(told(world)[0].ok);
    for (int i = 0; i < 2; ++i) {
        world.pass(1s);
        world.end_hook(Hook::pre_start, false, "ended with exit 3");
    }
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_EQ(world.why("web"), "pre-start hook ended with exit 3, and restart.limit is exceeded");
    EXPECT_TRUE(world.seen<Spawn>().empty());
}

TEST(Hooks, APreStartThatTakesTooLongIsEndedAndHasFailed) {
    World world{{hooked("web", {Hook::pre_start})}};
    world.pass(30s);
    EXPECT_EQ(world.seen<CancelHook>().size(), 1u);
    EXPECT_EQ(world.at("web").reason, Reason::pre_start_failed);
    EXPECT_EQ(*world.at("web").spawn_error, "pre-start hook did not end within 30 s");
}

TEST(Hooks, AStopDuringPreStartEndsTheHookAndStartsNothing) {
    World world{{hooked("web", {Hook::pre_start})}};
    world.happen(StopRequested{world.all("web"), 9});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(9), Outcome::done);
    EXPECT_EQ(world.seen<CancelHook>().size(), 1u);
    EXPECT_EQ(world.seen<Sweep>().size(), 1u) << "the hook may have left something";
    EXPECT_TRUE(world.seen<Spawn>().empty());
    EXPECT_TRUE(world.timers.empty());
}

TEST(Hooks, WhatAnEndedHookSaysTooLateMovesNothing) {
    World world{{hooked("web", {Hook::pre_start})}};
    const RunHook late = world.running.front();
    world.happen(RestartRequested{world.all("web")});
    ASSERT_TRUE(world.runs(Hook::pre_start));
    EXPECT_NE(world.running.front().run, late.run);
    world.happen(HookEnded{late.instance, late.run, late.hook, true, "ended with exit 0"});
    EXPECT_EQ(world.at("web").reason, Reason::pre_start);
    EXPECT_TRUE(world.seen<Spawn>().empty());
    world.happen(HookEnded{late.instance, world.at("web").run, Hook::post_stop, true, ""});
    EXPECT_EQ(world.at("web").reason, Reason::pre_start);
}

TEST(Hooks, DependentsWaitUntilPostStartHasSucceeded) {
    auto web = hooked("web", {Hook::post_start});
    web.awaits_ready = true;
    World world{{web, needing("shop", "web")}};
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_EQ(world.at("web").reason, Reason::post_start);
    EXPECT_EQ(world.seen<ForgetReady>().size(), 1u);
    EXPECT_EQ(world.state("shop"), State::waiting);
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::starting) << "told twice";
    world.end_hook(Hook::post_start);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").reason, Reason::reported_ready);
    EXPECT_EQ(world.state("shop"), State::ready);
}

TEST(Hooks, APostStartThatFailsEndsTheRun) {
    World world{{hooked("web", {Hook::post_start})}};
    world.end_hook(Hook::post_start, false, "ended with SIGSEGV");
    EXPECT_EQ(world.seen<Signal>().size(), 1u);
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.why("web"), "retry 1 in 0.1 s after post-start hook ended with SIGSEGV");
}

TEST(Hooks, ADeathDuringPostStartEndsTheHook) {
    World world{{hooked("web", {Hook::post_start})}};
    world.exit("web", {.code = 2});
    EXPECT_TRUE(world.running.empty());
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.at("web").reason, Reason::exited);
}

TEST(Hooks, PreStopDelaysTheFirstSignalUntilItEnds) {
    World world{{hooked("web", {Hook::pre_stop})}};
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_TRUE(world.seen<Signal>().empty());
    world.pass(3s);
    EXPECT_EQ(world.why("web"), "as asked: pre-stop hook runs, 3.0 s of 30 s");
    world.end_hook(Hook::pre_stop, false, "ended with exit 1");
    EXPECT_EQ(world.seen<Signal>().size(), 1u) << "its failure does not matter";
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Hooks, PreStopDelaysForItsDeadlineAtMost) {
    World world{{hooked("web", {Hook::pre_stop})}};
    world.happen(StopRequested{world.all("web")});
    world.happen(TimeoutExtended{world.id("web"), world.at("web").run, 5min});
    world.pass(30s);
    EXPECT_EQ(world.seen<CancelHook>().size(), 1u);
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Hooks, AServiceThatEndsDuringPreStopIsSweptWhenTheHookHasEnded) {
    World world{{hooked("web", {Hook::pre_stop})}};
    world.happen(StopRequested{world.all("web")});
    world.exit("web", {});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_TRUE(world.seen<Sweep>().empty());
    world.end_hook(Hook::pre_stop);
    EXPECT_TRUE(world.seen<Signal>().empty());
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Hooks, ARunThatFailedOrWasNeverReadyHasNoPreStop) {
    auto web = hooked("web", {Hook::pre_stop});
    web.awaits_ready = true;
    web.checks = {{.name = "http", .start_timeout = 0s, .failures = 1}};
    World world{{web}};
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.state("web"), State::inactive);
    world.happen(StartRequested{world.all("web")});
    world.ready("web");
    world.happen(CheckFailed{world.id("web"), world.at("web").run, 0, "refused"});
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_TRUE(world.seen<RunHook>().empty());
}

TEST(Hooks, PostStopRunsBeforeWhateverComesNext) {
    World world{{hooked("web", {Hook::post_stop})}};
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_TRUE(world.runs(Hook::post_stop));
    world.happen(TreeEmpty{world.id("web"), world.at("web").run});
    EXPECT_EQ(world.state("web"), State::stopping) << "told twice";
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.state("web"), State::backoff);
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::ready);
    world.happen(StopRequested{world.all("web"), 8});
    EXPECT_FALSE(world.answered(8));
    world.pass(30s);
    EXPECT_EQ(world.state("web"), State::inactive) << "too late, and ended";
    EXPECT_EQ(world.answer(8), Outcome::done);
}

TEST(Hooks, PostStopUndoesAStartThatFailed) {
    auto web = hooked("web", {Hook::pre_start, Hook::post_stop});
    World world{{web}};
    world.end_hook(Hook::pre_start, false);
    EXPECT_TRUE(world.runs(Hook::post_stop));
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.at("web").reason, Reason::pre_start_failed);
    EXPECT_EQ(world.state("web"), State::backoff);

    world.spawn_error = "no such program";
    world.pass(1s);
    world.end_hook(Hook::pre_start);
    EXPECT_TRUE(world.runs(Hook::post_stop));
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.at("web").reason, Reason::spawn_failed);
}

TEST(Hooks, ASpawnThatFailedByTheMachinesFaultStaysUncountedWithPostStop) {
    auto web = hooked("web", {Hook::post_stop});
    web.restart.policy = RestartPolicy::never;
    World world;
    world.spawns = false;
    world.apply({web});
    world.happen(SpawnFailed{world.id("web"), world.at("web").run, "no memory", true});
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_TRUE(world.at("web").restarts_at.empty());
}

TEST(Hooks, OnCrashIsToldOfEachFailureAndHoldsUpNothing) {
    World world{{hooked("web", {Hook::on_crash})}};
    world.exit("web", {.code = 3});
    EXPECT_EQ(world.state("web"), State::backoff);
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    EXPECT_EQ(world.seen<Crashed>()[0].text, "exit 3");
    EXPECT_EQ(world.seen<Crashed>()[0].reason, Reason::exited);
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::ready);
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.seen<Crashed>().size(), 1u) << "to be stopped is no failure";
    world.happen(StartRequested{world.all("web")});
    world.exit("web", {.code = 0});
    EXPECT_EQ(world.seen<Crashed>().size(), 1u) << "nor is success";
}

TEST(Hooks, OnCrashIsHeldBackWhenThereAreTooManyFailuresAndTheNextIsToldHowMany) {
    auto web = hooked("web", {Hook::on_crash});
    web.restart.delay = 1s;
    web.restart.factor = 1;
    World world{{web}};
    for (int i = 0; i < 5; ++i) {
        world.exit("web", {.signal = SIGSEGV});
        world.pass(1s);
    }
    EXPECT_EQ(world.seen<Crashed>().size(), 2u);
    ASSERT_EQ(told(world).size(), 1u) << "once for all that follow";
    EXPECT_EQ(told(world)[0].hook, Hook::on_crash);
    world.pass(1min);
    world.exit("web", {.signal = SIGSEGV});
    ASSERT_EQ(world.seen<Crashed>().size(), 3u);
    EXPECT_EQ(world.seen<Crashed>()[2].suppressed, 3u);
    world.pass(1s);
    world.exit("web", {.signal = SIGSEGV});
    EXPECT_EQ(world.seen<Crashed>().back().suppressed, 0u);
}

TEST(Hooks, OnCrashIsToldOfStartsThatFailedToo) {
    auto web = hooked("web", {Hook::on_crash, Hook::pre_start});
    World world{{web}};
    world.end_hook(Hook::pre_start, false, "ended with exit 3");
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    EXPECT_EQ(world.seen<Crashed>()[0].text, "pre-start hook ended with exit 3");
    world.spawn_error = "no such program";
    world.pass(1s);
    world.end_hook(Hook::pre_start);
    ASSERT_EQ(world.seen<Crashed>().size(), 2u);
    EXPECT_EQ(world.seen<Crashed>()[1].reason, Reason::spawn_failed);
}

TEST(Hooks, AnotherSupervisorRunsTheHookAgainThatDiedWithTheOneBefore) {
    const auto web =
        hooked("web", {Hook::pre_start, Hook::post_start, Hook::pre_stop, Hook::post_stop});
    World world{{web}};
    const RunId first = world.at("web").run;
    replace_supervisor(world, {web});
    ASSERT_TRUE(world.runs(Hook::pre_start));
    EXPECT_NE(world.at("web").run, first) << "that run never came to be";
    world.end_hook(Hook::pre_start);
    replace_supervisor(world, {web});
    world.end_hook(Hook::post_start);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
    world.happen(StopRequested{world.all("web")});
    replace_supervisor(world, {web});
    EXPECT_TRUE(world.seen<Signal>().empty());
    world.end_hook(Hook::pre_stop);
    replace_supervisor(world, {web});
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.at("web").hook, Hook::none);
}

TEST(Hooks, AnotherSupervisorTellsTheFailureAgainThatWasNotTold) {
    const auto web = hooked("web", {Hook::on_crash});
    World world{{web}};
    world.exit("web", {.code = 3});
    const Crashed crash = world.seen<Crashed>().front();
    replace_supervisor(world, {web});
    ASSERT_EQ(world.seen<Crashed>().size(), 2u);
    EXPECT_EQ(world.seen<Crashed>()[1].run, crash.run);
    EXPECT_EQ(world.seen<Crashed>()[1].text, "exit 3");
    world.happen(HookEnded{world.id("web"), crash.run, Hook::on_crash, true, "ended"});
    EXPECT_FALSE(world.at("web").crash);
    replace_supervisor(world, {web});
    EXPECT_EQ(world.seen<Crashed>().size(), 2u);
}

TEST(Hooks, OneThatIsTakenAwayWhileItIsWaitedForEndsLikeAnyOther) {
    World world{{hooked("web", {Hook::pre_stop})}};
    world.happen(StopRequested{world.all("web")});
    world.apply({spec("web")});
    EXPECT_EQ(world.state("web"), State::stopping);
    world.end_hook(Hook::pre_stop);
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST(Hooks, SuperdStopsWhenTheLastHookHasEnded) {
    World world{{hooked("web", {Hook::post_stop})}};
    world.happen(ShutdownRequested{});
    EXPECT_TRUE(world.seen<AllDown>().empty());
    world.end_hook(Hook::post_stop);
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
}

}  // namespace
}  // namespace superd::core
