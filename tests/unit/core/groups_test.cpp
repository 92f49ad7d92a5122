// Units that fail, and are started again, together.
#include "tests/unit/core/group_specs.hpp"

namespace superd::core {
namespace {

// A unit that is restarted at once, whatever it did before.
UnitSpec quick(std::string name) {
    auto made = spec(std::move(name));
    made.restart.delay = 0s;
    made.restart.policy = RestartPolicy::always;
    return made;
}

UnitSpec slow(std::string name) {
    auto made = quick(std::move(name));
    made.awaits_ready = true;
    return made;
}

std::vector<UnitSpec> trio(Strategy strategy, std::uint32_t limit = 0) {
    return {quick("a"), quick("b"), quick("c"), group("shop", {"a", "b", "c"}, strategy, limit)};
}

std::vector<RunId> runs(const World& world) {
    return {world.at("a").run, world.at("b").run, world.at("c").run};
}

TEST(Groups, AreReadyWhenAllMembersAre) {
    World world{{slow("a"), slow("b"), group("shop", {"a", "b"})}};
    EXPECT_EQ(world.state("shop"), State::starting);
    EXPECT_EQ(world.why("shop"), "on a: not ready yet");
    world.ready("a");
    EXPECT_EQ(world.why("shop"), "on b: not ready yet");
    world.ready("b");
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.why("shop"), "all members are up");
}

TEST(Groups, HaveNoProcess) {
    World world{trio(Strategy::one_for_one)};
    for (const auto& spawn : world.seen<Spawn>())
        EXPECT_NE(spawn.instance.unit, world.id("shop").unit);
    EXPECT_EQ(world.at("shop").run, 0u);
}

TEST(Groups, OneForOneRestartsTheOneAlone) {
    World world{trio(Strategy::one_for_one)};
    const auto before = runs(world);
    world.exit("b", {.code = 1});
    EXPECT_EQ(runs(world)[0], before[0]);
    EXPECT_GT(runs(world)[1], before[1]);
    EXPECT_EQ(runs(world)[2], before[2]);
    EXPECT_EQ(world.state("shop"), State::ready);
}

TEST(Groups, OneForAllRestartsAll) {
    World world{trio(Strategy::one_for_all)};
    const auto before = runs(world);
    world.exit("b", {.code = 1});
    for (int i = 0; i < 3; ++i) EXPECT_GT(runs(world)[i], before[i]) << i;
    EXPECT_EQ(world.state("shop"), State::ready);
}

TEST(Groups, RestForOneRestartsThoseAfterIt) {
    World world{trio(Strategy::rest_for_one)};
    const auto before = runs(world);
    world.exit("b", {.code = 1});
    EXPECT_EQ(runs(world)[0], before[0]);
    EXPECT_GT(runs(world)[1], before[1]);
    EXPECT_GT(runs(world)[2], runs(world)[1]) << "in order";
}

TEST(Groups, RestForOneStartsInOrderAndStopsInReverse) {
    World world{{slow("b"), slow("a"), group("shop", {"b", "a"}, Strategy::rest_for_one)}};
    EXPECT_EQ(world.state("a"), State::waiting);
    EXPECT_EQ(world.why("a"), "on b: not ready yet");
    world.ready("b");
    EXPECT_EQ(world.state("a"), State::starting);
    world.ready("a");
    world.obeys = false;
    world.happen(StopRequested{world.all("shop")});
    EXPECT_EQ(world.state("a"), State::stopping);
    EXPECT_EQ(world.state("b"), State::ready);
    world.exit("a", {});
    EXPECT_EQ(world.state("b"), State::stopping);
}

TEST(Groups, NobodyComesBackBeforeAllAreDown) {
    World world{trio(Strategy::one_for_all)};
    world.obeys = false;
    world.exit("b", {.code = 1});
    EXPECT_EQ(world.state("b"), State::waiting);
    EXPECT_EQ(world.why("b"), "on its group shop: others of it are on their way down");
    world.exit("a", {});
    EXPECT_EQ(world.state("a"), State::waiting);
    world.exit("c", {});
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(world.state(name), State::ready) << name;
}

TEST(Groups, OneForAllWaitsOutTheBackOffOfTheOneThatFailed) {
    auto specs = trio(Strategy::one_for_all);
    specs[1].restart.delay = 5s;
    World world{specs};
    world.exit("b", {.code = 1});
    EXPECT_EQ(world.state("b"), State::backoff);
    EXPECT_EQ(world.state("a"), State::waiting);
    world.pass(5s);
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(world.state(name), State::ready) << name;
}

TEST(Groups, OverTheirIntensityStopAll) {
    World world{trio(Strategy::one_for_one, 2)};
    for (int i = 0; i < 3; ++i) world.exit("b", {.code = 1});
    EXPECT_EQ(world.state("shop"), State::failed);
    EXPECT_EQ(world.why("shop"), "its members failed too often");
    EXPECT_EQ(world.state("b"), State::failed);
    EXPECT_EQ(world.why("b"), "exit 1, once too often for its group");
    EXPECT_EQ(world.state("a"), State::inactive);
    EXPECT_EQ(world.why("a"), "its group has ended");
    EXPECT_TRUE(world.processes.empty());
}

TEST(Groups, RestartsThatLieFarApartAreNotTooMany) {
    World world{trio(Strategy::one_for_one, 2)};
    for (int i = 0; i < 20; ++i) {
        world.exit("b", {.code = 1});
        world.pass(31s);
    }
    EXPECT_EQ(world.state("shop"), State::ready);
}

TEST(Groups, ThatFailedStartAnewWhenAsked) {
    World world{trio(Strategy::one_for_one, 1)};
    for (int i = 0; i < 2; ++i) world.exit("b", {.code = 1});
    ASSERT_EQ(world.state("shop"), State::failed);
    world.happen(StartRequested{world.all("shop"), 7});
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(world.state(name), State::ready) << name;
    world.exit("b", {.code = 1});
    EXPECT_EQ(world.state("shop"), State::ready) << "the count began anew";
}

TEST(Groups, ThatFailAreStartedAnewWhileTheirMembersStillStop) {
    World world{trio(Strategy::one_for_one, 1)};
    world.obeys = false;
    for (int i = 0; i < 2; ++i) world.exit("b", {.code = 1});
    ASSERT_EQ(world.state("shop"), State::stopping);
    world.happen(StartRequested{world.all("shop"), 7});
    for (const char* name : {"a", "c"}) world.exit(name, {});
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST(Groups, NestedFailToTheirParent) {
    World world{{quick("a"), quick("b"), quick("c"),
                 group("inner", {"a", "b"}, Strategy::one_for_one, 1),
                 group("outer", {"inner", "c"}, Strategy::one_for_all, 1)}};
    world.exit("a", {.code = 1});
    const auto before = runs(world);
    world.exit("a", {.code = 1});
    for (int i = 0; i < 3; ++i) EXPECT_GT(runs(world)[i], before[i]) << i;
    EXPECT_EQ(world.state("outer"), State::ready);
    EXPECT_EQ(world.at("inner").restarts, 1u);
    for (int i = 0; i < 2; ++i) world.exit("a", {.code = 1});
    EXPECT_EQ(world.state("outer"), State::failed);
    EXPECT_EQ(world.state("inner"), State::inactive);
    EXPECT_TRUE(world.processes.empty());
}

TEST(Groups, EscalatedToFailAtOnce) {
    auto specs = trio(Strategy::one_for_one, 5);
    specs[1].restart.limit = 1;
    specs[1].restart.window = 1min;
    specs[1].restart.on_limit = OnLimit::escalate;
    World world{specs};
    for (int i = 0; i < 2; ++i) world.exit("b", {.code = 1});
    EXPECT_EQ(world.state("b"), State::failed);
    EXPECT_EQ(world.state("shop"), State::failed);
    EXPECT_TRUE(world.processes.empty());
}

TEST(Groups, WithoutOneEscalationIsFailure) {
    auto alone = quick("a");
    alone.restart.limit = 1;
    alone.restart.window = 1min;
    alone.restart.on_limit = OnLimit::escalate;
    World world{{alone}};
    for (int i = 0; i < 2; ++i) world.exit("a", {.code = 1});
    EXPECT_EQ(world.state("a"), State::failed);
}

TEST(Groups, EndWithASignificantMember) {
    auto main = spec("a");
    World world{{main, quick("b"), significant(group("shop", {"a", "b"}), "a")}};
    world.exit("a", {});
    EXPECT_EQ(world.state("shop"), State::completed);
    EXPECT_EQ(world.why("shop"), "a significant member is done");
    EXPECT_EQ(world.state("b"), State::inactive);
    EXPECT_TRUE(world.processes.empty());
}

TEST(Groups, OfWhichAMemberIsGivenUpHaveFailedUntilItComesBack) {
    auto frail = spec("a");
    frail.restart.policy = RestartPolicy::never;
    World world{{frail, quick("b"), group("shop", {"a", "b"}), needing("web", "shop")}};
    ASSERT_EQ(world.state("web"), State::ready);
    world.exit("a", {.code = 1});
    EXPECT_EQ(world.state("shop"), State::failed);
    EXPECT_EQ(world.why("shop"), "a: failed");
    EXPECT_EQ(world.state("b"), State::ready);
    EXPECT_EQ(world.state("web"), State::waiting);
    world.happen(StartRequested{world.all("a")});
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.state("web"), State::ready) << "dependents heal themselves";
}

TEST(Groups, GiveTheirDependenciesToTheirMembers) {
    auto shop = group("shop", {"a", "b"});
    shop.dependencies.push_back({"db", DependencyKind::needs, When::ready});
    World world{{slow("db"), quick("a"), quick("b"), shop}};
    EXPECT_EQ(world.state("a"), State::waiting);
    EXPECT_EQ(world.why("a"), "on db: not ready yet");
    world.ready("db");
    EXPECT_EQ(world.state("b"), State::ready);
    EXPECT_EQ(world.state("shop"), State::ready);
    world.happen(StopRequested{world.all("db")});
    EXPECT_EQ(world.state("a"), State::waiting);
    EXPECT_EQ(world.state("shop"), State::waiting);
    world.happen(StartRequested{world.all("db")});
    world.ready("db");
    EXPECT_EQ(world.state("shop"), State::ready);
}

// What a group is follows from its members before anybody asks it, within a step, too.
TEST(Groups, AreWaitedForFromTheMomentAMemberIsToStartAnew) {
    auto task = slow("task");
    task.restart.policy = RestartPolicy::on_failure;
    World world{
        {task, group("inner", {"task"}), needing("api", "inner"), group("all", {"api", "inner"})}};
    world.ready("task");
    world.exit("task", {});
    world.exit("api", {.code = 1});
    EXPECT_EQ(world.state("inner"), State::ready);
    EXPECT_EQ(world.state("api"), State::backoff);
    world.happen(StartRequested{world.all("all"), 1});
    EXPECT_EQ(world.state("api"), State::waiting);
    world.ready("task");
    EXPECT_EQ(world.answer(1), Outcome::done);
}

TEST(Groups, StayUntilTheirDependentsAreDown) {
    World world{{quick("a"), group("shop", {"a"}), needing("web", "shop")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("shop")});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.state("a"), State::ready);
    world.exit("web", {});
    EXPECT_EQ(world.state("a"), State::stopping);
}

TEST(Groups, StartAndStopAndRestartAllMembers) {
    World world{trio(Strategy::one_for_one)};
    world.happen(StopRequested{world.all("shop"), 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_EQ(world.state("shop"), State::inactive);
    EXPECT_TRUE(world.processes.empty());
    world.happen(StartRequested{world.all("shop"), 2});
    EXPECT_EQ(world.answer(2), Outcome::done);
    const auto before = runs(world);
    world.happen(RestartRequested{world.all("shop"), 3});
    EXPECT_EQ(world.answer(3), Outcome::done);
    for (int i = 0; i < 3; ++i) EXPECT_GT(runs(world)[i], before[i]) << i;
}

TEST(Groups, MemberStoppedByTheOperatorStaysDown) {
    World world{trio(Strategy::one_for_all)};
    world.happen(StopRequested{world.all("b")});
    EXPECT_EQ(world.state("shop"), State::ready) << "it is not wanted";
    world.exit("a", {.code = 1});
    EXPECT_EQ(world.state("b"), State::inactive);
    EXPECT_EQ(world.state("c"), State::ready);
}

TEST(Groups, ThatDoNotStartByThemselvesHaveMembersThatDoNot) {
    auto shop = group("shop", {"a"});
    shop.autostart = false;
    World world{{quick("a"), shop}};
    EXPECT_EQ(world.state("a"), State::inactive);
    world.happen(StartRequested{world.all("shop")});
    EXPECT_EQ(world.state("a"), State::ready);
}

TEST(Groups, ThatLeaveTheConfigurationLeaveTheirMembersRunning) {
    World world{trio(Strategy::one_for_all)};
    const auto before = runs(world);
    world.apply({quick("a"), quick("b"), quick("c")});
    EXPECT_EQ(runs(world), before);
    EXPECT_EQ(world.system.size(), 3u);
    world.exit("a", {.code = 1});
    EXPECT_EQ(runs(world)[1], before[1]);
}

TEST(Groups, ServiceThatBecomesOneEndsFirst) {
    World world{{quick("a"), quick("shop")}};
    world.apply({quick("a"), group("shop", {"a"})});
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.processes.size(), 1u);
    EXPECT_EQ(world.at("shop").run, 0u);
    world.apply({quick("a"), quick("shop")});
    EXPECT_EQ(world.state("shop"), State::ready);
    EXPECT_EQ(world.processes.size(), 2u);
}

TEST(Groups, GoDownWithSuperd) {
    World world{trio(Strategy::rest_for_one)};
    world.happen(ShutdownRequested{});
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
    EXPECT_EQ(world.state("shop"), State::inactive);
}

TEST(Groups, EssentialOnesTakeSuperdAlong) {
    auto specs = trio(Strategy::one_for_one, 1);
    specs[3].essential = true;
    World world{specs};
    for (int i = 0; i < 2; ++i) world.exit("b", {.code = 4});
    ASSERT_EQ(world.seen<AllDown>().size(), 1u);
    EXPECT_EQ(world.seen<AllDown>().front().exit_code, 4);
}

// What a supervisor that takes over is told of a group is what it was.
TEST(Groups, ThatHadFailedHaveFailedAfterATakeOver) {
    World world;
    std::vector<Restored> restored;
    const auto add = [&](std::string name, State state, Reason reason) {
        Instance instance;
        instance.goal = Goal::up;
        instance.state = state;
        instance.reason = reason;
        restored.push_back({std::move(name), 0, std::move(instance)});
    };
    add("a", State::inactive, Reason::group);
    add("b", State::failed, Reason::group);
    add("c", State::inactive, Reason::group);
    add("shop", State::stopping, Reason::group_limit);
    world.adopt(trio(Strategy::one_for_one, 1), std::move(restored));
    EXPECT_EQ(world.state("shop"), State::failed);
    EXPECT_TRUE(world.processes.empty());
}

TEST(Groups, RestartNothingThatTheirMembersTimersStart) {
    auto job = spec("b");
    job.type = UnitType::oneshot;
    auto timer = std::make_shared<TimerRule>();
    timer->every = 1h;
    job.timer = timer;
    World world{{quick("a"), job, group("shop", {"a", "b"})}};
    const RunId run = world.at("a").run;
    ASSERT_EQ(world.at("b").reason, Reason::scheduled);
    world.happen(RestartRequested{world.all("shop"), 1});
    EXPECT_GT(world.at("a").run, run);
    EXPECT_EQ(world.at("b").run, 0u);
    EXPECT_EQ(world.at("b").reason, Reason::scheduled);
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.happen(StopRequested{world.all("a")});
    world.happen(RestartRequested{world.all("shop"), 2});
    EXPECT_EQ(world.state("a"), State::ready) << "what does not run is started";
}

}  // namespace
}  // namespace superd::core
