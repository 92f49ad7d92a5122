// A run is due, and the one before is not over.
#include "tests/unit/core/clocked.hpp"

namespace superd::core {
namespace {

TEST(Overlap, SkipPassesARunOver) {
    Clocked world{{timed({.every = 10s})}};
    world.pass(35s);
    EXPECT_EQ(world.runs(), 1u);
    world.exit("job", {});
    world.pass(5s);
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Overlap, QueueHasOneFollow) {
    Clocked world{{timed({.every = 10s, .overlap = Overlap::queue})}};
    world.pass(35s);
    EXPECT_EQ(world.runs(), 1u);
    EXPECT_EQ(world.why("job"), "running to its end, another run is due and follows");
    world.exit("job", {});
    EXPECT_EQ(world.runs(), 2u) << "at once";
    world.exit("job", {});
    EXPECT_EQ(world.runs(), 2u) << "two that waited are one";
}

TEST(Overlap, AQueuedRunFollowsAFailureToo) {
    auto job = timed({.every = 10s, .overlap = Overlap::queue});
    job.restart.policy = RestartPolicy::never;
    Clocked world{{job}};
    world.pass(25s);
    world.exit("job", {.code = 1});
    EXPECT_EQ(world.runs(), 2u);
}

TEST(Overlap, KillEndsTheOldRunForTheNewOne) {
    Clocked world{{timed({.every = 10s, .overlap = Overlap::kill})}};
    world.obeys = false;
    world.pass(25s);
    EXPECT_EQ(world.state("job"), State::stopping);
    EXPECT_EQ(world.at("job").reason, Reason::overrun);
    EXPECT_EQ(world.why("job"), "its next run is due, SIGTERM sent");
    EXPECT_EQ(world.runs(), 1u) << "never two of them";
    world.pass(5s);  // SIGKILL
    EXPECT_EQ(world.runs(), 2u);
}

}  // namespace
}  // namespace superd::core
