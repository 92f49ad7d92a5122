// A start while a run ends that nobody has asked to: the operator wins over the policy.
#include "tests/unit/core/group_specs.hpp"
#include "tests/unit/core/world.hpp"

namespace superd::core {
namespace {

class StartAgain : public testing::Test {
protected:
    void start(std::string_view name = "web") { world.happen(StartRequested{world.all(name), 7}); }
    // The main process ends, others of its tree ignore SIGTERM for a while.
    void leave_some(std::string_view name = "web") {
        world.trees_end = world.obeys = false;
        world.exit(name, {.code = 1});
        ASSERT_EQ(world.at(name).reason, Reason::leftovers);
    }
    void tree_ends(std::string_view name = "web") {
        world.trees_end = world.obeys = true;
        world.happen(TreeEmpty{world.id(name), world.at(name).run});
    }

    World world;
};

UnitSpec never(std::string name = "web") {
    auto made = spec(std::move(name));
    made.restart.policy = RestartPolicy::never;
    return made;
}

TEST_F(StartAgain, FollowsWhatItsMainProcessHasLeftBehind) {
    world.apply({never()});
    leave_some();
    start();
    EXPECT_FALSE(world.answered(7));
    tree_ends();
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::failed) << "once is enough";
}

TEST_F(StartAgain, ForgetsWhatFailedBefore) {
    auto web = spec("web");
    web.restart.delay = 10s;
    world.apply({web});
    leave_some();
    start();
    tree_ends();
    EXPECT_EQ(world.at("web").restarts, 0u);
    EXPECT_EQ(world.at("web").attempt, 0u);
}

TEST_F(StartAgain, IsUndoneByAStop) {
    world.apply({never()});
    leave_some();
    start();
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.answer(7), Outcome::superseded);
    tree_ends();
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST_F(StartAgain, FollowsACheckThatStopsIt) {
    auto web = spec("web");
    CheckSpec http;
    http.failures = 1;
    http.start_timeout = 0s;
    http.on_failure = OnFailure::stop;
    web.checks = {http};
    world.apply({web});
    world.obeys = false;
    world.happen(CheckFailed{world.id("web"), world.at("web").run, 0, "refused"});
    ASSERT_EQ(world.at("web").reason, Reason::check_stopped);
    start();
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(StartAgain, KeepsAwakeWhatFallsAsleep) {
    auto web = spec("web");
    web.on_demand = true;
    world.apply({web});
    world.happen(Demanded{world.unit("web").id});
    world.obeys = false;
    world.happen(FellIdle{world.unit("web").id});
    ASSERT_EQ(world.at("web").reason, Reason::idle);
    start();
    EXPECT_FALSE(world.answered(7));
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(StartAgain, ReachesTheMembersOfAGroup) {
    world.apply({never("cart"), group("shop", {"cart"})});
    leave_some("cart");
    start("shop");
    tree_ends("cart");
    EXPECT_EQ(world.state("cart"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(StartAgain, IsNotForWhatIsNeededByWhoIsStarted) {
    auto db = never("db");
    world.apply({db, needing("web", "db", DependencyKind::wants)});
    leave_some("db");
    start();
    tree_ends("db");
    EXPECT_EQ(world.state("db"), State::failed) << "nobody has asked for that one";
}

TEST_F(StartAgain, OfWhatLeavesTheConfigurationIsSuperseded) {
    auto slow = spec("web");
    slow.awaits_ready = true;
    world.apply({spec("other"), slow});
    world.obeys = false;
    start();
    world.happen(RollRequested{world.all("web"), 8});
    world.apply({spec("other")});
    EXPECT_EQ(world.answer(7), Outcome::superseded);
    EXPECT_EQ(world.answer(8), Outcome::superseded);
}

TEST_F(StartAgain, OfAnInstanceThatIsScaledAwayIsSuperseded) {
    auto slow = spec("web");
    slow.awaits_ready = true;
    slow.instances = 2;
    world.apply({slow});
    world.happen(StartRequested{world.id("web", 1), 7});
    world.happen(StartRequested{world.all("web"), 8});
    world.ready("web", 0);
    world.happen(ScaleRequested{world.unit("web").id, 1});
    EXPECT_EQ(world.answer(7), Outcome::superseded);
    EXPECT_EQ(world.answer(8), Outcome::done) << "the one that is left is up";
}

TEST_F(StartAgain, DoesNotMakeAStopOfWhatLeavesDoneTooEarly) {
    world.apply({spec("other"), spec("web")});
    world.obeys = false;
    world.happen(StopRequested{world.all("web"), 7});
    world.apply({spec("other")});
    EXPECT_FALSE(world.answered(7)) << "it still runs";
    world.pass(10s);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

}  // namespace
}  // namespace superd::core
