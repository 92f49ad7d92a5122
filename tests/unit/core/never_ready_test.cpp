// Runs that end before they were ready: however long they took, that is a failure.
#include "tests/unit/core/group_specs.hpp"
#include "tests/unit/core/rolling.hpp"

namespace superd::core {
namespace {

UnitSpec slow(Duration delay = 100ms) {
    auto made = spec("web");
    made.awaits_ready = true;
    made.restart.policy = RestartPolicy::always;
    made.restart.delay = delay;
    made.restart.stable_after = 1s;
    return made;
}

TEST(NeverReady, GrowsTheBackOffHoweverLongItRan) {
    World world{{slow()}};
    for (const Duration wait : {100ms, 200ms, 400ms}) {
        world.pass(5s);
        world.exit("web", {.code = 1});
        ASSERT_EQ(world.state("web"), State::backoff);
        EXPECT_EQ(world.at("web").due - world.now, wait);
        world.pass(wait);
    }
    world.ready("web");
    world.pass(1s);
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::starting) << "that one was stable";
}

TEST(NeverReady, IsHeardOfByWhoHasStartedIt) {
    World world{{slow()}};
    world.happen(StopRequested{world.all("web")});
    world.happen(StartRequested{world.all("web"), 7});
    world.pass(5s);
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.answer(7), Outcome::failed);
}

TEST(NeverReady, IsHeardOfThoughTheNextTryFollowsAtOnce) {
    World world{{slow(0s), group("shop", {"web"})}};
    world.happen(StartRequested{world.all("web"), 7});
    world.happen(StartRequested{world.all("shop"), 8});
    world.happen(ScaleRequested{world.unit("web").id, 2, 9});
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_EQ(world.answer(7), Outcome::failed);
    EXPECT_EQ(world.answer(8), Outcome::failed);
    EXPECT_FALSE(world.answered(9)) << "the first one was there before";
    world.exit("web", {.code = 1}, 1);
    EXPECT_EQ(world.answer(9), Outcome::failed);
}

TEST(NeverReady, IsNothingToWhoFreezesTheOthers) {
    auto web = slow(0s);
    web.instances = 2;
    World world{{web}};
    world.happen(FreezeRequested{world.all("web"), 7, true});
    world.exit("web", {.code = 1});
    ASSERT_EQ(world.state("web"), State::starting);
    EXPECT_FALSE(world.answered(7));
    world.happen(FreezeTold{world.id("web", 1), world.at("web", 1).run, true, {}});
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST(NeverReady, IsNoFailureOfAOneshotThatRanForLong) {
    auto job = spec("job");
    job.type = UnitType::oneshot;
    job.restart.stable_after = 1s;
    World world{{job}};
    world.pass(2s);
    world.exit("job", {.code = 1});
    EXPECT_EQ(world.state("job"), State::starting) << "stable: at once";
}

TEST(NeverReady, IsAOneshotWhoseHookFails) {
    auto job = spec("job");
    job.type = UnitType::oneshot;
    job.restart.stable_after = 1s;
    World world{{job}};
    world.pass(2s);
    auto rule = std::make_shared<HookRule>();
    rule->timeouts[static_cast<std::size_t>(Hook::pre_start)] = 5s;
    job.hooks = rule;
    world.apply({job});
    world.exit("job", {.code = 1});
    world.end_hook(Hook::pre_start, false, "ended with exit 3");
    EXPECT_EQ(world.state("job"), State::backoff) << "that the run before was long is no excuse";
}

TEST_F(Rolling, StopThenStartEndsWithTheFirstThatWasNeverReadyThoughItIsTriedAgainAtOnce) {
    auto unit = rolled(3, 0);
    unit.restart.delay = 0s;
    begin(unit);
    roll();
    world.exit("web", {.code = 2}, 0);
    EXPECT_EQ(world.state("web", 0), State::starting);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1), "web/0: exit 2, 2 instances not replaced");
    world.ready("web", 0);
    EXPECT_EQ(world.at("web", 1).run, before[1]);
}

TEST_F(Rolling, OfWhatHadToBeStartedEndsWhenThatFailsThoughItIsTriedAgainAtOnce) {
    auto unit = rolled(2, 0);
    unit.restart.delay = 0s;
    begin(unit);
    world.happen(StopRequested{world.all("web")});
    roll();
    world.exit("web", {.code = 2}, 0);
    EXPECT_EQ(world.answer(1), Outcome::failed);
}

}  // namespace
}  // namespace superd::core
