// What a group is, and who waits for whom, in the middle of a step that ends members of it.
#include "tests/unit/core/group_specs.hpp"

namespace superd::core {
namespace {

// Within the step that ends its group a member is well still, and another one done.
TEST(GroupsInAStep, AreNotUpWhileAMemberIsAboutToBeStopped) {
    auto job = spec("job");
    job.awaits_ready = true;
    auto end_with_job = significant(group("inner", {"job", "helper"}), "job");
    World world{{job, spec("helper"), end_with_job, group("outer", {"inner"}),
                 needing("waiter", "outer", DependencyKind::after)}};
    world.obeys = false;
    ASSERT_EQ(world.state("waiter"), State::waiting);
    world.exit("job", {.code = 0});
    ASSERT_EQ(world.state("helper"), State::stopping);
    EXPECT_EQ(world.state("waiter"), State::waiting);
}

TEST(GroupsInAStep, AMemberEndsAfterWhoNeedsAGroupAroundItsOwnThatIsLost) {
    auto fragile = spec("fragile");
    fragile.restart.policy = RestartPolicy::never;
    World world{{spec("db"), needing("cart", "db"), fragile, spec("helper"),
                 group("inner", {"cart", "helper"}), group("outer", {"inner", "fragile"}),
                 needing("shop", "outer")}};
    world.obeys = false;
    world.exit("fragile", {.code = 1});
    ASSERT_EQ(world.state("shop"), State::stopping);
    world.happen(StopRequested{world.all("db")});
    EXPECT_EQ(world.state("cart"), State::ready) << "shop is still there";
    world.pass(11s);
    EXPECT_NE(world.state("cart"), State::ready);
    world.pass(1min);
    EXPECT_EQ(world.state("db"), State::inactive);
}

TEST(GroupsInAStep, AreNotUpWhenWhatAMemberNeedsIsLost) {
    auto late = needing("late", "db");
    late.awaits_ready = true;
    auto waiter = needing("waiter", "shop");
    waiter.dependencies.push_back({"late", DependencyKind::after, When::ready});
    World world{{spec("db"), needing("cart", "db"), late, group("shop", {"cart"}), waiter}};
    world.obeys = false;
    ASSERT_EQ(world.state("shop"), State::ready);
    ASSERT_EQ(world.state("waiter"), State::waiting) << "for late";
    world.happen(StopRequested{world.all("db")});
    EXPECT_EQ(world.state("cart"), State::stopping);
    EXPECT_EQ(world.state("waiter"), State::waiting) << "late is lost, but the shop is about to be";
}

// It is to end too, but only after those who need it.
TEST(GroupsInAStep, AreNotUpWhileAMemberWaitsForItsDependentsToEnd) {
    auto late = needing("late", "db");
    late.awaits_ready = true;
    auto waiter = needing("waiter", "shop");
    waiter.dependencies.push_back({"late", DependencyKind::after, When::ready});
    World world{{spec("db"), needing("cart", "db"), needing("till", "cart"), late,
                 group("shop", {"cart"}), waiter}};
    world.obeys = false;
    world.happen(StopRequested{world.all("db")});
    ASSERT_EQ(world.state("cart"), State::ready) << "till is still there";
    ASSERT_EQ(world.state("till"), State::stopping);
    EXPECT_EQ(world.state("waiter"), State::waiting);
}

// Of a group in a group, which goes down as a whole.
TEST(GroupsInAStep, AreNotUpWhenWhatAMemberNeedsGoesDownWithItsGroup) {
    auto late = spec("late");
    late.awaits_ready = true;
    auto waiter = needing("waiter", "shop");
    waiter.dependencies.push_back({"inner", DependencyKind::after, When::started});
    World world{{spec("db"), late, group("inner", {"db", "late"}), spec("job"),
                 significant(group("outer", {"inner", "job"}), "job"), needing("cart", "db"),
                 needing("till", "cart"), group("shop", {"cart"}), waiter}};
    world.obeys = false;
    ASSERT_EQ(world.state("waiter"), State::waiting) << "for all of inner";
    world.exit("job", {.code = 0});
    ASSERT_EQ(world.state("inner"), State::stopping);
    ASSERT_EQ(world.state("db"), State::ready) << "cart is still there";
    EXPECT_EQ(world.state("waiter"), State::waiting);
}

}  // namespace
}  // namespace superd::core
