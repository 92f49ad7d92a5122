#include "world.hpp"

namespace superd::core {
namespace {

UnitSpec checked(OnFailure on_failure) {
    auto made = spec("web");
    CheckSpec http;
    http.name = "http";
    http.target = "http 127.0.0.1:80/";
    http.on_failure = on_failure;
    made.checks = {http};
    return made;
}

class Checks : public ::testing::Test {
protected:
    void pass(std::uint32_t check = 0) {
        world.happen(CheckPassed{world.id("web"), world.at("web").run, check});
    }
    void fail(int times, std::uint32_t check = 0) {
        for (int i = 0; i < times; ++i) {
            world.happen(CheckFailed{world.id("web"), world.at("web").run, check, "refused"});
        }
    }
    const CheckState& check(std::size_t index = 0) {
        return world.at("web").health->checks.at(index);
    }

    World world;
};

TEST_F(Checks, BeginWhenTheRunIsReadyAndEndWithIt) {
    auto web = checked(OnFailure::restart);
    web.awaits_ready = true;
    world.apply({web});
    EXPECT_TRUE(world.seen<StartChecks>().empty());
    world.ready("web");
    ASSERT_EQ(world.seen<StartChecks>().size(), 1u);
    EXPECT_EQ(world.seen<StartChecks>()[0].run, world.at("web").run);
    EXPECT_TRUE(world.seen<StopChecks>().empty());
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.seen<StopChecks>().size(), 1u);
}

TEST_F(Checks, AUnitWithoutThemIsNotAsked) {
    world.apply({spec("web")});
    EXPECT_TRUE(world.seen<StartChecks>().empty());
    EXPECT_EQ(world.at("web").health, nullptr);
    fail(9);
    EXPECT_EQ(world.state("web"), State::ready);
}

// It is held up by who needs it, and may come to stay after all.
TEST_F(Checks, ASuccessCountsAlsoWhileTheRunIsToEnd) {
    auto web = checked(OnFailure::restart);
    web.dependencies = {{"db", DependencyKind::needs, When::ready}};
    auto db = spec("db");
    db.restart.policy = RestartPolicy::never;
    world.apply({db, web, needing("shop", "web")});
    fail(2);
    world.obeys = false;
    world.exit("db", {.code = 1});
    ASSERT_EQ(world.state("shop"), State::stopping);
    ASSERT_EQ(world.state("web"), State::ready) << "shop goes first";
    pass();
    world.happen(StartRequested{world.all("db")});
    fail(1);
    EXPECT_EQ(world.state("web"), State::ready) << "one in a row";
}

TEST_F(Checks, FewerFailuresThanTheThresholdChangeNothing) {
    world.apply({checked(OnFailure::restart)});
    pass();
    fail(2);
    pass();
    fail(2);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.seen<CheckTurned>().empty());
}

TEST_F(Checks, AtTheThresholdTheRunHasFailedAndTheRestartPolicyDecides) {
    world.apply({checked(OnFailure::restart)});
    pass();
    fail(3);
    EXPECT_EQ(world.seen<Signal>().at(0).number, SIGTERM);
    EXPECT_EQ(world.state("web"), State::backoff);
    EXPECT_EQ(world.at("web").reason, Reason::check_failed);
    EXPECT_EQ(world.why("web"), "retry 1 in 0.1 s after check http: refused, 3 in a row");
    EXPECT_EQ(world.at("web").goal, Goal::up);
    world.pass(100ms);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST_F(Checks, FailuresGrowTheBackOffAndCountAgainstTheLimit) {
    auto web = checked(OnFailure::restart);
    web.checks[0].start_timeout = 0s;
    web.restart.limit = 2;
    web.restart.window = 1h;
    web.restart.on_limit = OnLimit::fail;
    world.apply({web});
    fail(3);
    EXPECT_EQ(world.at("web").attempt, 1u);
    world.pass(1s);
    fail(3);
    EXPECT_EQ(world.at("web").attempt, 2u);
    world.pass(1s);
    fail(3);
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_TRUE(world.at("web").limited);
    EXPECT_EQ(world.seen<Spawn>().size(), 3u);
}

TEST_F(Checks, APolicyOfNeverIsKeptTo) {
    auto web = checked(OnFailure::restart);
    web.restart.policy = RestartPolicy::never;
    world.apply({web});
    pass();
    fail(3);
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_EQ(world.why("web"), "check http: refused, 3 in a row");
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

TEST_F(Checks, AStableRunThatHangsIsStartedAgainAtOnce) {
    world.apply({checked(OnFailure::restart)});
    pass();
    world.pass(1min);
    fail(3);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST_F(Checks, StopGivesUpUntilTheOperatorActs) {
    auto web = checked(OnFailure::stop);
    web.restart.policy = RestartPolicy::always;
    world.apply({web});
    pass();
    fail(3);
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_EQ(world.at("web").reason, Reason::check_stopped);
    EXPECT_EQ(world.at("web").goal, Goal::up) << "the goal is the operator's";
    world.pass(1h);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
    world.happen(StartRequested{world.all("web"), 4});
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Checks, DegradeKeepsItRunningAndSaysSo) {
    world.apply({checked(OnFailure::degrade)});
    pass();
    fail(3);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.why("web"), "degraded: http: refused, 3 in a row");
    ASSERT_EQ(world.seen<CheckTurned>().size(), 1u);
    EXPECT_TRUE(world.seen<CheckTurned>()[0].failing);
    EXPECT_EQ(world.seen<CheckTurned>()[0].text, "http: refused, 3 in a row");
    fail(3);
    EXPECT_EQ(world.seen<CheckTurned>().size(), 1u) << "told once";
    EXPECT_EQ(world.why("web"), "degraded: http: refused, 6 in a row");
    pass();
    ASSERT_EQ(world.seen<CheckTurned>().size(), 2u);
    EXPECT_FALSE(world.seen<CheckTurned>()[1].failing);
    EXPECT_TRUE(world.why("web").starts_with("up for"));
}

TEST_F(Checks, IgnoreOnlyTells) {
    world.apply({checked(OnFailure::ignore)});
    pass();
    fail(3);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.why("web").starts_with("up for"));
    EXPECT_TRUE(check().failing);
    EXPECT_EQ(world.seen<CheckTurned>().size(), 1u);
}

TEST_F(Checks, RecoveryTakesAsManySuccessesAsAskedFor) {
    auto web = checked(OnFailure::degrade);
    web.checks[0].successes = 2;
    world.apply({web});
    pass();
    fail(3);
    pass();
    EXPECT_TRUE(check().failing);
    fail(1);
    pass();
    EXPECT_TRUE(check().failing) << "in a row";
    pass();
    EXPECT_FALSE(check().failing);
}

TEST_F(Checks, FailuresBeforeTheFirstSuccessDoNotCountWhileItComesUp) {
    auto web = checked(OnFailure::restart);
    web.checks[0].start_timeout = 30s;
    world.apply({web});
    world.pass(29s);
    fail(10);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(check().message, "refused");
    world.pass(1s);
    fail(2);
    EXPECT_EQ(world.state("web"), State::ready);
    fail(1);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u) << "stable: started again at once";
}

TEST_F(Checks, AfterTheFirstSuccessEachFailureCounts) {
    world.apply({checked(OnFailure::degrade)});
    fail(5);
    pass();
    fail(3);
    EXPECT_TRUE(check().failing);
}

TEST_F(Checks, ResultsOfAnEarlierRunMoveNothing) {
    auto web = checked(OnFailure::restart);
    web.checks[0].start_timeout = 0s;
    world.apply({web});
    const RunId before = world.at("web").run;
    world.exit("web", {.code = 1});
    world.pass(1s);
    for (int i = 0; i < 5; ++i) {
        world.happen(CheckFailed{world.id("web"), before, 0, "refused"});
    }
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(check().failures, 0u);
}

TEST_F(Checks, AStopThatIsAskedForIsNotCutShortByThem) {
    auto front = needing("front", "web");
    world.apply({checked(OnFailure::restart), front});
    pass();
    world.obeys = false;
    world.happen(StopRequested{world.all("web")});
    ASSERT_EQ(world.state("web"), State::ready) << "its dependent ends first";
    fail(5);
    EXPECT_EQ(world.state("web"), State::ready);
    world.pass(1min);
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST_F(Checks, AChangeOfTheRulesBeginsThemAnew) {
    auto web = checked(OnFailure::degrade);
    world.apply({web});
    pass();
    fail(3);
    world.apply({web});
    EXPECT_TRUE(check().failing) << "nothing has changed";
    EXPECT_EQ(world.seen<StartChecks>().size(), 1u);
    web.checks[0].target = "http 127.0.0.1:81/";
    world.apply({web});
    EXPECT_FALSE(check().failing);
    EXPECT_EQ(world.seen<StartChecks>().size(), 2u);
    web.checks.clear();
    world.apply({web});
    EXPECT_EQ(world.seen<StopChecks>().size(), 2u);
    EXPECT_TRUE(world.at("web").health->checks.empty());
}

// It was up when the supervisor before died.
std::vector<Restored> failing_check() {
    std::vector<Restored> kept(1);
    kept[0].unit = "web";
    kept[0].instance.goal = Goal::up;
    kept[0].instance.state = State::ready;
    kept[0].instance.run = 7;
    kept[0].instance.pid = 77;
    kept[0].instance.health = std::make_unique<Health>();
    kept[0].instance.health->checks.push_back({.failing = true});
    return kept;
}

TEST_F(Checks, ThatTheConfigurationHasNoMoreASupervisorThatTakesOverForgets) {
    world.adopt({spec("web")}, failing_check());
    EXPECT_TRUE(world.at("web").health->checks.empty());
    world.exit("web", {.code = 1});
    EXPECT_TRUE(world.seen<StopChecks>().empty()) << "it had begun none";
}

TEST_F(Checks, ASupervisorThatTakesOverKnowsWhoIsDegradedAndAsksAgain) {
    world.adopt({checked(OnFailure::degrade)}, failing_check());
    EXPECT_EQ(world.seen<StartChecks>().size(), 1u);
    EXPECT_EQ(world.why("web"), "degraded: http");
    pass();
    EXPECT_TRUE(world.why("web").starts_with("up for"));
    EXPECT_EQ(world.seen<CheckTurned>().size(), 1u);
}

TEST_F(Checks, EachCountsForItself) {
    auto web = checked(OnFailure::degrade);
    web.checks.push_back(web.checks[0]);
    web.checks[1].name = "db";
    web.checks[1].on_failure = OnFailure::restart;
    world.apply({web});
    pass(0);
    pass(1);
    fail(3, 0);
    fail(2, 1);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(check(1).failures, 2u);
    fail(9, 2);  // There is none of this number.
    fail(1, 1);
    EXPECT_EQ(world.at("web").health->cause, "check db: refused, 3 in a row");
}

}  // namespace
}  // namespace superd::core
