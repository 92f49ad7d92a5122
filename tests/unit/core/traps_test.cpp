// Where other supervisors fell in; tests/TRAPS.md has them all.
#include "world.hpp"

#include <algorithm>

namespace superd::core {
namespace {

TEST(Traps, AFirstRunThatEndsAtOnceIsRetriedLikeAnyOther) {
    World world{{spec("web")}};
    world.exit("web", {.code = 1});
    ASSERT_EQ(world.state("web"), State::backoff) << world.why("web");
    EXPECT_EQ(world.at("web").last_exit->uptime, 0s);
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST(Traps, WhatFlapsAndIsStoppedStaysDownWhateverHappensAfter) {
    auto web = spec("web");
    web.restart.delay = 0s;
    web.restart.limit = 3;
    web.restart.window = 1min;
    World world{{web, spec("db")}};
    for (int i = 0; i < 4; ++i) world.exit("web", {.code = 1});
    ASSERT_EQ(world.state("web"), State::backoff);
    ASSERT_TRUE(world.at("web").limited);
    const ArmTimer retry = world.timers.at({world.unit("web").id, 0});
    const auto spawns = world.seen<Spawn>().size();

    world.happen(StopRequested{world.all("web"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.happen(TimerFired{retry.instance, retry.timer});  // It was on its way already.
    world.happen(ResetRequested{world.all("web"), 2});
    web.restart.limit = 10;
    world.apply({web, spec("db")});
    world.happen(RestartRequested{world.all("db")});
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.seen<Spawn>().size(), spawns + 1) << "db's alone";
}

TEST(Traps, WhatFlapsWhileItIsBeingStoppedStaysDown) {
    auto web = spec("web");
    web.restart.policy = RestartPolicy::always;
    web.restart.delay = 0s;
    World world{{web}};
    world.trees_end = false;
    world.obeys = false;
    world.exit("web", {.code = 1});
    ASSERT_EQ(world.at("web").reason, Reason::leftovers);
    world.happen(StopRequested{world.all("web"), 1});
    world.happen(TreeEmpty{world.id("web"), world.at("web").run});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

TEST(Traps, ASignalMeantForTheOldRunNeverNamesTheNew) {
    auto web = spec("web");
    web.stop = {{SIGQUIT, 10s}, {SIGKILL, 2s}};
    World world{{web}};
    for (int i = 0; i < 5; ++i) {
        world.happen(RestartRequested{world.all("web")});
        world.pass(1s);
    }
    world.exit("web", {.code = 1});
    world.pass(1min);
    ASSERT_EQ(world.state("web"), State::ready);
    std::set<RunId> begun, ended;
    for (const Effect& effect : world.log) {
        if (const auto* spawn = std::get_if<Spawn>(&effect)) {
            // Of all runs before it nothing is left that could be signalled.
            ended.insert(begun.begin(), begun.end());
            begun.insert(spawn->run);
        } else if (const auto* signal = std::get_if<Signal>(&effect)) {
            EXPECT_FALSE(ended.contains(signal->run)) << signal->run;
            EXPECT_TRUE(begun.contains(signal->run)) << signal->run;
        }
    }
    EXPECT_EQ(world.seen<Signal>().size(), 5u) << "one for each stop, none for the crash";
}

TEST(Traps, OneStopThatTakesLongHoldsUpNobodyElse) {
    World world{{spec("slow"), spec("web")}};
    world.trees_end = false;
    world.obeys = false;
    world.happen(StopRequested{world.all("slow"), 1});
    world.obeys = world.trees_end = true;
    world.happen(RestartRequested{world.all("web"), 2});
    world.happen(StopRequested{world.all("web"), 3});
    world.happen(StartRequested{world.all("web"), 4});
    for (const CommandId command : {2u, 3u, 4u}) EXPECT_EQ(world.answer(command), Outcome::done);
    EXPECT_EQ(world.state("slow"), State::stopping);
    EXPECT_FALSE(world.answered(1));
}

}  // namespace
}  // namespace superd::core
