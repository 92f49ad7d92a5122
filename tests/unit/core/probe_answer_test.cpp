// What the probes of a container are answered.
#include "core/probe_answer.hpp"

#include "world.hpp"

namespace superd::core {
namespace {

bool well(const World& world, Probe probe) { return answer(world.system, probe).well(); }

TEST(ProbeAnswer, LivenessIsAboutEssentialUnitsThatAreLost) {
    auto main = spec("main");
    main.essential = true;
    main.restart.policy = RestartPolicy::never;
    auto side = spec("side");
    side.restart.policy = RestartPolicy::never;
    World world{{main, side}};
    EXPECT_TRUE(well(world, Probe::liveness));
    world.exit("side", {.code = 1});
    EXPECT_EQ(world.state("side"), State::failed);
    EXPECT_TRUE(well(world, Probe::liveness));
    EXPECT_FALSE(answer(world.system, Probe::liveness, {world.id("side")}).well());
    world.obeys = false;
    world.exit("main", {});
    const auto found = answer(world.system, Probe::liveness);
    ASSERT_EQ(found.unwell.size(), 1u);
    EXPECT_EQ(found.unwell.front(), world.id("main"));
    EXPECT_FALSE(found.stopping);
}

TEST(ProbeAnswer, ReadinessIsAboutAllThatIsWanted) {
    auto web = spec("web");
    web.awaits_ready = true;
    auto idle = spec("idle");
    idle.autostart = false;
    World world{{web, idle}};
    EXPECT_FALSE(well(world, Probe::readiness));
    world.ready("web");
    EXPECT_TRUE(well(world, Probe::readiness));
    EXPECT_EQ(answer(world.system, Probe::readiness).units, 1u);
    // Nobody wants it, but somebody asks for it.
    EXPECT_FALSE(answer(world.system, Probe::readiness, {world.id("idle")}).well());
    world.exit("web", {.code = 1});
    EXPECT_FALSE(well(world, Probe::readiness));
}

TEST(ProbeAnswer, WhatIsDoneOrSleepsIsUp) {
    auto job = spec("job");
    job.type = UnitType::oneshot;
    auto asleep = spec("asleep");
    asleep.on_demand = true;
    World world{{job, asleep, spec("done")}};
    EXPECT_FALSE(well(world, Probe::readiness));
    world.exit("job", {});
    world.exit("done", {});
    EXPECT_EQ(world.state("asleep"), State::waiting);
    EXPECT_TRUE(well(world, Probe::readiness));
    EXPECT_TRUE(well(world, Probe::startup));
}

TEST(ProbeAnswer, AFailingCheckIsUnreadyButHasStarted) {
    auto web = spec("web");
    CheckSpec check;
    check.name = "http";
    check.failures = 1;
    check.on_failure = OnFailure::degrade;
    web.checks = {check};
    World world{{web}};
    world.happen(CheckPassed{world.id("web"), world.at("web").run, 0});
    world.happen(CheckFailed{world.id("web"), world.at("web").run, 0, "refused"});
    ASSERT_EQ(world.state("web"), State::ready);
    EXPECT_FALSE(well(world, Probe::readiness));
    EXPECT_TRUE(well(world, Probe::startup));
    world.happen(CheckPassed{world.id("web"), world.at("web").run, 0});
    EXPECT_TRUE(well(world, Probe::readiness));
}

TEST(ProbeAnswer, StartupIsAboutWhatStartsByItself) {
    auto manual = spec("manual");
    manual.autostart = false;
    manual.awaits_ready = true;
    World world{{spec("web"), manual}};
    world.happen(StartRequested{world.id("manual")});
    EXPECT_TRUE(well(world, Probe::startup));
    EXPECT_FALSE(well(world, Probe::readiness));
    EXPECT_FALSE(answer(world.system, Probe::startup, {world.id("manual")}).well());
}

TEST(ProbeAnswer, OneThatIsAddedIsNotMissedWhileAnotherIsUp) {
    auto web = spec("web");
    web.awaits_ready = true;
    World world{{web}};
    world.ready("web");
    web.instances = 2;
    world.happen(ScaleRequested{world.id("web").unit, 2});
    ASSERT_EQ(world.state("web", 1), State::starting);
    EXPECT_TRUE(well(world, Probe::readiness));
    world.exit("web", {.code = 1});
    const auto found = answer(world.system, Probe::readiness);
    EXPECT_EQ(found.unwell.size(), 2u);
    EXPECT_EQ(found.units, 1u);
}

TEST(ProbeAnswer, ARollingRestartTakesNobodyOutOfService) {
    auto web = spec("web");
    web.awaits_ready = true;
    web.instances = 2;
    World world{{web}};
    world.ready("web", 0);
    world.ready("web", 1);
    world.obeys = false;
    world.happen(RollRequested{world.all("web"), 0, 1});
    ASSERT_EQ(world.state("web", 0), State::stopping);
    EXPECT_TRUE(well(world, Probe::readiness));
    world.exit("web", {.signal = SIGTERM}, 0);
    ASSERT_EQ(world.state("web", 0), State::starting);
    EXPECT_TRUE(well(world, Probe::readiness));
    // With nobody left, it is missed.
    world.exit("web", {.code = 1}, 1);
    EXPECT_FALSE(well(world, Probe::readiness));
}

TEST(ProbeAnswer, AStoppingSuperdIsAliveButNotReady) {
    World world{{spec("web")}};
    world.obeys = false;
    world.happen(ShutdownRequested{});
    EXPECT_TRUE(well(world, Probe::liveness));
    EXPECT_TRUE(answer(world.system, Probe::readiness).stopping);
    EXPECT_TRUE(answer(world.system, Probe::startup).stopping);
}

TEST(ProbeAnswer, ProbesHaveWords) {
    for (const auto probe : {Probe::liveness, Probe::readiness, Probe::startup}) {
        EXPECT_EQ(parse_probe(to_string(probe)), probe);
    }
    EXPECT_FALSE(parse_probe(""));
    EXPECT_FALSE(parse_probe("health"));
}

}  // namespace
}  // namespace superd::core
