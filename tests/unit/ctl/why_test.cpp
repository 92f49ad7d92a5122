// Explanations of situations that the core came to by itself, as people read them. A text that
// is to change: SUPERD_REGENERATE=1 ctl_test --gtest_filter='Why.*', then read what git shows.
#include "tests/unit/ctl/why_fixture.hpp"

namespace superctl {
namespace {

core::UnitSpec crashing(std::string name) {
    auto made = core::spec(std::move(name));
    made.restart.delay = 1s;
    return made;
}

core::UnitSpec hooked(core::Hook hook) {
    auto made = core::spec("web");
    core::HookRule rule;
    rule.timeouts[std::to_underlying(hook)] = 30s;
    made.hooks = std::make_shared<core::HookRule>(rule);
    return made;
}

TEST_F(Why, AStartThatWaitsForItsHook) {
    make({hooked(core::Hook::pre_start)});
    world.pass(3s);
    expect("starting-pre-start", "web");
}

TEST_F(Why, AStartWhoseHookFailed) {
    make({hooked(core::Hook::pre_start)});
    world.end_hook(core::Hook::pre_start, false, "ended with exit 3");
    expect("backoff-pre-start", "web");
}

TEST_F(Why, AStopThatWaitsForItsHook) {
    make({hooked(core::Hook::pre_stop)});
    world.pass(1min);
    command("web", "stop");
    world.happen(core::StopRequested{world.all("web")});
    world.pass(3s);
    expect("stopping-pre-stop", "web");
}

TEST_F(Why, BackOffAfterACrash) {
    make({crashing("web")});
    for (int i = 0; i < 3; ++i) {
        world.pass(i == 0 ? 4s : 6s);
        exit("web", {.code = 1},
             {"out: listening on 8080", "err: cannot bind port 8080: Address already in use"});
        if (i < 2) world.pass(core::Duration{world.at("web").due - world.now});
    }
    world.pass(800ms);
    expect("backoff", "web");
}

TEST_F(Why, WaitsForADependencyThatIsNotReady) {
    auto db = core::spec("db");
    db.awaits_ready = true;
    make({db, core::needing("web", "db")});
    meets("db", "tcp 127.0.0.1:5432 refused, 14 tries");
    world.pass(12s);
    expect("waiting-not-ready", "web");
}

TEST_F(Why, WaitsForADependencyThatHasFailed) {
    auto db = core::spec("db");
    db.restart.policy = core::RestartPolicy::never;
    make({db, core::needing("api", "db"), core::needing("web", "api")});
    world.pass(90s);
    exit("db", {.signal = SIGSEGV, .core = true}, {"err: page 17 is damaged"});
    world.pass(5min);
    expect("waiting-failed", "web");
}

TEST_F(Why, FailedByItsLimit) {
    auto web = crashing("web");
    web.restart.limit = 2;
    web.restart.window = 1min;
    web.restart.on_limit = core::OnLimit::fail;
    make({web});
    for (int i = 0; i < 3; ++i) {
        world.pass(5s);
        exit("web", {.code = 70}, {"err: no licence"});
    }
    world.pass(1h);
    expect("failed-limit", "web");
}

TEST_F(Why, FailedToSpawn) {
    auto web = core::spec("web");
    web.restart.policy = core::RestartPolicy::never;
    world.spawn_error = "exec \"/usr/bin/nod\": No such file or directory (units/web.toml:2)";
    make({web});
    world.pass(30s);
    expect("failed-spawn", "web");
}

TEST_F(Why, StoppedByAnOperator) {
    make({core::spec("web")});
    world.pass(1h);
    command("web", "stop");
    world.happen(core::StopRequested{world.all("web")});
    world.pass(5min);
    expect("stopped", "web");
}

TEST_F(Why, ReadyButDegradedByACheck) {
    auto web = core::spec("web");
    web.checks.push_back({.name = "http", .failures = 3});
    web.checks[0].on_failure = core::OnFailure::degrade;
    web.checks[0].start_timeout = 0s;
    make({web});
    world.pass(1h);
    for (int i = 0; i < 4; ++i) {
        world.happen(core::CheckFailed{world.id("web"), world.at("web").run, 0, "HTTP status 503"});
    }
    world.pass(3s);
    expect("degraded", "web");
}

TEST_F(Why, StoppingWithLeftovers) {
    make({core::spec("web")});
    world.pass(20s);
    command("web", "stop");
    world.trees_end = false;
    world.happen(core::StopRequested{world.all("web")});
    world.pass(4s);
    auto explanation = explain("web");
    explanation.chain[0].left = {"4712 sleep", "4713 convert"};
    expect_text("stopping-leftovers", text(explanation));
}

TEST_F(Why, AsleepUntilAConnectionComes) {
    auto web = core::spec("web");
    web.on_demand = true;
    auto db = core::spec("db");
    db.autostart = false;
    web.dependencies.push_back({.unit = "db"});
    make({web, db});
    world.pass(5min);
    expect("asleep", "web");
}

TEST_F(Why, CompletedOneshot) {
    auto migrate = core::spec("migrate");
    migrate.type = core::UnitType::oneshot;
    make({migrate});
    world.pass(1200ms);
    exit("migrate", {.code = 0}, {"out: 3 tables changed"});
    world.pass(26h);
    expect("completed", "migrate");
}

TEST_F(Why, HeldByItsGroupsRestart) {
    core::UnitSpec shop = core::spec("shop");
    shop.type = core::UnitType::group;
    shop.group =
        std::make_shared<core::GroupRule>(core::GroupRule{.members = {"cache", "web", "worker"},
                                                          .significant = {},
                                                          .strategy = core::Strategy::one_for_all});
    make({crashing("cache"), crashing("web"), crashing("worker"), shop});
    world.pass(2s);
    world.obeys = false;  // `web` takes its time to stop, the others are down.
    exit("cache", {.code = 3}, {"err: out of slots"});
    world.pass(1s);
    world.processes.erase(world.at("worker").run);
    record("worker", core::Instance{}, {.signal = SIGTERM}, {});
    world.exit("worker", {.signal = SIGTERM});
    world.pass(500ms);
    expect("group-restart", "worker");
    expect("group-restart-stopping", "web");
    expect("group-restart-itself", "shop");
}

TEST_F(Why, SuperdStopsForTheEndOfAnEssentialUnit) {
    auto db = core::spec("db");
    db.essential = true;
    db.restart.policy = core::RestartPolicy::never;
    make({db, core::spec("web")});
    world.obeys = false;
    world.pass(10s);
    exit("db", {.code = 4}, {"err: disk full"});
    world.pass(2s);
    expect("essential", "web");
}

TEST_F(Why, RunsAsItShould) {
    make({core::spec("web")});
    world.pass(2h);
    expect("ready", "web");
    auto idle = core::spec("idle");
    idle.autostart = false;
    make({core::spec("web"), idle});
    expect("never-started", "idle");
}

TEST_F(Why, IsBeingReplacedByARunBesideIt) {
    auto web = core::spec("web");
    web.awaits_ready = true;
    web.rolling.surge = core::RollingRule::as_many_as_batch;
    make({web});
    world.ready("web");
    world.pass(2h);
    world.happen(core::RollRequested{world.all("web"), 1, 0});
    world.pass(2s);
    expect("replaced-soon", "web");
    world.obeys = false;
    world.second_ready("web");
    world.pass(1s);
    expect("replaced", "web");
}

TEST_F(Why, AGroupNamesTheMemberThatHasFailed) {
    core::UnitSpec shop = core::spec("shop");
    shop.type = core::UnitType::group;
    shop.group = std::make_shared<core::GroupRule>(
        core::GroupRule{.members = {"cache", "web"}, .significant = {}, .limit = 1, .window = 60s});
    make({crashing("cache"), crashing("web"), shop});
    for (int i = 0; i < 2; ++i) {
        world.pass(3s);
        exit("cache", {.code = 3}, {"err: out of slots"});
    }
    world.pass(1min);
    expect("group-failed", "shop");
    expect("group-ended", "web");
}

TEST_F(Why, MomentsOfAnotherDayHaveADate) {
    const auto now = realtime(core::Instant{100s});
    wire::Explanation explanation;
    auto& link = explanation.chain.emplace_back();
    link.unit = "web";
    link.state = "failed";
    link.since = "2026-11-20T10:00:00Z";
    EXPECT_THAT(render_why(explanation, Style{false}, now),
                testing::HasSubstr("since 2026-11-20 10:00:00 (3d 0h)"));
    link.since = "no time";
    EXPECT_THAT(render_why(explanation, Style{false}, now), testing::HasSubstr("web has failed"));
    EXPECT_EQ(render_why({}, Style{false}, now), "");
}

TEST_F(Why, WhatAUnitWroteCannotHarmATerminal) {
    make({crashing("web")});
    world.pass(1s);
    exit("web", {.code = 1}, {"err: \x1b[2Jgone"});
    EXPECT_THAT(text(explain("web")), testing::HasSubstr("err: ?[2Jgone"));
}

constexpr auto silent =
    "loop of tid 4711 silent for 5000 ms, state R, cpu 99 %: CPU-bound code in the loop";

TEST_F(Why, OneThatIsFrozen) {
    make({core::spec("web")});
    world.pass(1min);
    auto frozen = explain("web");
    frozen.chain[0].frozen_since = frozen.chain[0].since;
    const auto told = text(frozen);
    EXPECT_THAT(told, testing::HasSubstr("web runs, but is frozen since "));
    EXPECT_THAT(told, testing::HasSubstr("Nothing is expected of it until `superctl thaw web`."));
}

TEST_F(Why, AWorkerThatStalls) {
    auto web = core::spec("web");
    web.rolling.surge = core::RollingRule::as_many_as_batch;
    web.awaits_ready = true;
    make({web});
    world.ready("web");
    world.pass(1min);
    auto stalls = explain("web");
    stalls.chain[0].sick = std::string{"stalls: "} + silent;
    expect_text("stalls", text(stalls));
    world.happen(core::Stalled{world.id("web"), world.at("web").run, false, silent});
    auto replaced = explain("web");
    replaced.chain[0].sick = std::string{"stalls: "} + silent;
    expect_text("stalls-replaced", text(replaced));
}

TEST_F(Why, AWorkerThatWasKilledAsItStalled) {
    make({crashing("web")});
    world.pass(1min);
    world.obeys = false;
    world.happen(core::Stalled{world.id("web"), world.at("web").run, true, silent});
    expect("stalled-stopping", "web");
    wire::Event event{.kind = wire::EventKind::exit, .unit = "web", .run = world.at("web").run};
    event.time = wire::format_time(realtime(world.now));
    event.instance = 0;
    event.uptime = 60;
    event.signal = "SIGABRT";
    event.reason = "stalled";
    event.message = silent;
    history.take(event);
    world.exit("web", {.signal = SIGABRT});
    expect("stalled-backoff", "web");
}

TEST_F(Why, AWorkerThatCrashed) {
    make({crashing("web")});
    world.pass(1min);
    wire::Event event{.kind = wire::EventKind::exit, .unit = "web", .run = world.at("web").run};
    event.time = wire::format_time(realtime(world.now));
    event.instance = 0;
    event.uptime = 60;
    event.signal = "SIGSEGV";
    event.message = "SIGSEGV at 0x0 in thread 4711 (loop), at \"GET /x\"";
    event.lines = {"Shop::answer()+0x1c (shop.so)", "Shop::serve()+0x2 (shop.so)"};
    history.take(event);
    world.exit("web", {.signal = SIGSEGV});
    expect("worker-crashed", "web");
}

}  // namespace
}  // namespace superctl
