// Recycling: when an instance's time has come, and that it is one at a time.
#include "tests/unit/core/world.hpp"

namespace superd::core {
namespace {

UnitSpec web(std::uint32_t instances) {
    auto made = spec("web");
    made.instances = instances;
    made.awaits_ready = true;
    made.rolling.surge = RollingRule::as_many_as_batch;
    return made;
}

std::uint32_t ready(const World& world) {
    std::uint32_t count = 0;
    for (const Instance& i : world.unit("web").instances) count += i.state == State::ready;
    return count;
}

World begun(UnitSpec unit) {
    World world{{unit}};
    for (std::uint32_t i = 0; i < unit.instances; ++i) world.ready("web", i);
    return world;
}

TEST(Recycle, ByAgeOneAfterAnother) {
    auto unit = web(3);
    unit.recycle.after = 1h;
    unit.recycle.jitter = 0;
    World world = begun(unit);
    world.pass(59min + 59s);
    EXPECT_TRUE(world.unit("web").beside.empty());
    world.pass(2s);
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
    for (std::uint32_t i = 0; i < 3; ++i) {
        ASSERT_NE(world.second("web", i), nullptr);
        EXPECT_EQ(world.unit("web").beside.size(), 1u) << "never two at once";
        world.second_ready("web", i);
        EXPECT_EQ(ready(world), 3u);
    }
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web").restarts, 0u);
    EXPECT_TRUE(world.at("web").restarts_at.empty());
    world.pass(59min);
    EXPECT_TRUE(world.unit("web").beside.empty()) << "their age is of the new runs";
}

TEST(Recycle, AgesAreSpreadAndTheSameForTheNextSupervisor) {
    RecycleRule rule{.after = 100s, .jitter = 0.1};
    std::set<Instant> moments;
    for (RunId run = 1; run <= 50; ++run) {
        Instance i;
        i.run = run;
        i.started = Instant{1000s};
        const Instant at = recycle_at(rule, i);
        EXPECT_GE(at, i.started + 90s);
        EXPECT_LE(at, i.started + 110s);
        EXPECT_EQ(at, recycle_at(rule, i));
        moments.insert(at);
    }
    EXPECT_EQ(moments.size(), 50u);
}

TEST(Recycle, ALiveChangeOfTheAgeCountsFromTheStart) {
    World world = begun(web(1));
    world.pass(1h);
    auto unit = web(1);
    unit.recycle.after = 30min;
    world.apply({unit});
    ASSERT_NE(world.second("web"), nullptr);
    EXPECT_EQ(world.at("web").renewal->why, "it is 3600 s old");
    unit.recycle.after = 2h;
    world.second_ready("web");
    world.apply({unit});
    EXPECT_EQ(world.timers.size(), 1u);
    world.apply({web(1)});
    EXPECT_TRUE(world.timers.empty());
}

TEST(Recycle, ByMemory) {
    auto unit = web(2);
    unit.recycle.memory = 512u << 20;
    World world = begun(unit);
    world.happen(MemoryMeasured{world.id("web"), world.at("web").run, 512u << 20});
    EXPECT_TRUE(world.unit("web").beside.empty()) << "not more than that";
    world.happen(MemoryMeasured{world.id("web"), world.at("web").run + 9, 1u << 30});
    EXPECT_TRUE(world.unit("web").beside.empty()) << "of another run";
    for (std::uint32_t i = 0; i < 2; ++i) {
        world.happen(MemoryMeasured{world.id("web", i), world.at("web", i).run, 600u << 20});
    }
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
    EXPECT_NE(world.why("web", 1).find(
                  "; to be replaced: recycling, it uses 600.0 MiB, more than 512.0 MiB"),
              std::string::npos)
        << world.why("web", 1);
    world.second_ready("web", 0);
    ASSERT_NE(world.second("web", 1), nullptr);
    world.second_ready("web", 1);
    EXPECT_EQ(ready(world), 2u);
}

TEST(Recycle, ByItsOwnWish) {
    World world = begun(web(1));
    world.exit("web", {.code = 1});
    world.pass(1s);
    world.ready("web");
    ASSERT_EQ(world.at("web").restarts, 1u);
    const RunId run = world.at("web").run;
    world.happen(RecycleAsked{world.id("web"), run, "cache too large"});
    world.happen(RecycleAsked{world.id("web"), run, "again"});
    EXPECT_EQ(world.at("web").renewal->why, "it asked for it: cache too large");
    world.second_ready("web");
    EXPECT_GT(world.at("web").run, run);
    EXPECT_EQ(world.at("web").restarts, 1u) << "the instance's own, whichever run is in place";
    EXPECT_TRUE(world.unit("web").beside.empty());
}

TEST(Recycle, AReplacementThatFailsIsTriedAgainAfterAPause) {
    auto unit = web(1);
    unit.recycle.memory = 1000;
    unit.restart.max_delay = 1min;
    World world = begun(unit);
    const RunId run = world.at("web").run;
    const auto measure = [&] { world.happen(MemoryMeasured{world.id("web"), run, 2000}); };
    measure();
    world.pass(20s);  // It is not ready in time.
    EXPECT_EQ(world.at("web").run, run);
    EXPECT_EQ(ready(world), 1u);
    EXPECT_EQ(world.second("web"), nullptr);
    measure();
    EXPECT_EQ(world.second("web"), nullptr) << "not at once again";
    world.pass(1min);
    measure();
    EXPECT_NE(world.second("web"), nullptr);
}

TEST(Recycle, StopThenStartWaitsForWhatIsMissing) {
    auto unit = web(2);
    unit.rolling.surge = 0;
    unit.recycle.after = 1h;
    unit.recycle.jitter = 0;
    World world = begun(unit);
    world.pass(1h);
    EXPECT_EQ(ready(world), 1u);
    EXPECT_EQ(world.state("web", 0), State::starting);
    world.exit("web", {.code = 1}, 0);
    EXPECT_EQ(world.state("web", 1), State::ready) << "one is missing";
    world.pass(1s);
    world.ready("web", 0);
    EXPECT_EQ(world.state("web", 1), State::starting);
    world.ready("web", 1);
    EXPECT_EQ(ready(world), 2u);
}

void freeze(World& world, bool on, std::uint32_t index) {
    world.happen(FreezeRequested{world.id("web", index), 0, on});
    world.happen(FreezeTold{world.id("web", index), world.at("web", index).run, on, {}});
}

TEST(Recycle, LeavesWhatStandsStillUntilItGoesOn) {
    auto unit = web(2);
    unit.rolling.surge = 0;
    World world = begun(unit);
    for (std::uint32_t i = 0; i < 2; ++i) {
        world.happen(RecycleAsked{world.id("web", i), world.at("web", i).run, "it leaks"});
    }
    ASSERT_EQ(world.state("web", 0), State::starting);
    const RunId run = world.at("web", 1).run;
    freeze(world, true, 1);
    world.ready("web", 0);
    EXPECT_EQ(world.at("web", 1).run, run);
    EXPECT_EQ(world.at("web", 1).freeze, Freeze::frozen);
    freeze(world, false, 1);
    EXPECT_GT(world.at("web", 1).run, run) << "its turn comes again";
}

TEST(Recycle, LeavesWhatStandsStillThoughItsNewRunWasOnItsWay) {
    World world = begun(web(1));
    const RunId run = world.at("web").run;
    world.happen(RecycleAsked{world.id("web"), run, "it leaks"});
    ASSERT_NE(world.second("web"), nullptr);
    freeze(world, true, 0);
    EXPECT_EQ(world.second("web"), nullptr);
    world.pass(1h);
    EXPECT_EQ(world.at("web").run, run);
    freeze(world, false, 0);
    ASSERT_NE(world.second("web"), nullptr);
    world.second_ready("web");
    EXPECT_GT(world.at("web").run, run);
}

TEST(Recycle, LetsTheOperatorReplaceWhatStandsStill) {
    World world = begun(web(1));
    const RunId run = world.at("web").run;
    freeze(world, true, 0);
    world.happen(RollRequested{world.all("web"), 7});
    world.second_ready("web");
    EXPECT_GT(world.at("web").run, run);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST(Recycle, ByExitCode) {
    auto unit = web(1);
    unit.recycle.exits = {75};
    unit.restart.policy = RestartPolicy::never;
    unit.restart.delay = 10s;
    unit.restart.limit = 1;
    unit.restart.window = 1h;
    World world = begun(unit);
    for (int round = 0; round < 3; ++round) {
        world.pass(2s);
        world.exit("web", {.code = 75});
        EXPECT_EQ(world.state("web"), State::starting) << "at once, whatever the policy";
        world.ready("web");
    }
    EXPECT_TRUE(world.at("web").restarts_at.empty()) << "no failure";
    world.exit("web", {.code = 75});
    EXPECT_EQ(world.state("web"), State::backoff) << "one that does nothing else is slowed down";
    world.pass(10s);
    world.ready("web");
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::failed);
}

}  // namespace
}  // namespace superd::core
