// Units that superd does not outlive.
#include "world.hpp"

namespace superd::core {
namespace {

UnitSpec essential(std::string name, RestartPolicy policy = RestartPolicy::never) {
    auto made = spec(std::move(name));
    made.essential = true;
    made.restart.policy = policy;
    return made;
}

std::int32_t exit_code(const World& world) {
    const auto told = world.seen<AllDown>();
    EXPECT_EQ(told.size(), 1u);
    return told.empty() ? -1 : told.front().exit_code;
}

TEST(Essential, LostTakesAllAlongAndItsExitCodeIsSuperds) {
    World world{{essential("main"), spec("side")}};
    world.obeys = false;
    world.exit("main", {.code = 3});
    EXPECT_EQ(world.seen<ShuttingDown>().size(), 1u);
    EXPECT_EQ(world.state("side"), State::stopping);
    EXPECT_TRUE(world.seen<AllDown>().empty());
    world.exit("side", {.signal = SIGTERM});
    EXPECT_EQ(exit_code(world), 3);
}

TEST(Essential, EndedWithSuccessAndNotRestartedIsLostToo) {
    World world{{essential("main", RestartPolicy::on_failure)}};
    world.exit("main", {});
    EXPECT_EQ(exit_code(world), 0);
}

TEST(Essential, KilledBySignalIsToldAsShellsTell) {
    World world{{essential("main")}};
    world.exit("main", {.signal = SIGKILL});
    EXPECT_EQ(exit_code(world), 128 + SIGKILL);
}

TEST(Essential, ThatNobodySawEndingIsAFailure) {
    World world{{essential("main")}};
    world.exit("main", {.unknown = true});
    EXPECT_EQ(exit_code(world), 1);
}

TEST(Essential, NotReadyInTimeIsAFailureWhateverItsExitCode) {
    auto main = essential("main");
    main.awaits_ready = true;
    World world{{main}};
    world.obeys = false;
    world.pass(main.ready_timeout);
    world.exit("main", {.code = 0});
    EXPECT_EQ(exit_code(world), 1);
}

TEST(Essential, RestartedWithinItsPolicyIsNotLost) {
    World world{{essential("main", RestartPolicy::always)}};
    for (int i = 0; i < 5; ++i) {
        world.exit("main", {.code = 1});
        world.pass(1min);
    }
    EXPECT_TRUE(world.seen<ShuttingDown>().empty());
    EXPECT_EQ(world.state("main"), State::ready);
}

TEST(Essential, OverItsLimitIsLost) {
    auto main = essential("main", RestartPolicy::always);
    main.restart.limit = 1;
    main.restart.window = 1h;
    main.restart.on_limit = OnLimit::fail;
    World world{{main}};
    world.exit("main", {.code = 7});
    world.pass(1min);
    world.exit("main", {.code = 8});
    EXPECT_EQ(exit_code(world), 8);
}

TEST(Essential, StoppedByTheOperatorIsNotLost) {
    World world{{essential("main")}};
    world.happen(StopRequested{world.all("main")});
    EXPECT_EQ(world.state("main"), State::inactive);
    EXPECT_TRUE(world.seen<ShuttingDown>().empty());
}

TEST(Essential, RemovedFromTheConfigurationIsNotLost) {
    World world{{essential("main"), spec("side")}};
    world.apply({spec("side")});
    EXPECT_EQ(world.system.size(), 1u);
    EXPECT_TRUE(world.seen<ShuttingDown>().empty());
}

TEST(Essential, OneshotThatCompletesIsNotLost) {
    auto job = essential("job");
    job.type = UnitType::oneshot;
    World world{{job}};
    world.exit("job", {});
    EXPECT_EQ(world.state("job"), State::completed);
    EXPECT_TRUE(world.seen<ShuttingDown>().empty());
}

TEST(Essential, LossDuringAStopThatWasAskedForChangesNoExitCode) {
    World world{{essential("main"), spec("side")}};
    world.obeys = false;
    world.happen(ShutdownRequested{});
    world.exit("main", {.code = 9});
    world.exit("side", {});
    EXPECT_EQ(exit_code(world), 0);
    EXPECT_TRUE(world.seen<ShuttingDown>().empty());
}

// The supervisor died between the loss and the end.
TEST(Essential, LossIsRememberedByWhoTakesOver) {
    World world{{essential("main"), spec("side")}};
    world.happen(ShutdownRequested{.exit_code = 5});
    EXPECT_EQ(exit_code(world), 5);
}

}  // namespace
}  // namespace superd::core
