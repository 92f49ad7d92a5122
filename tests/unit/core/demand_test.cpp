// Units that sleep until somebody connects, and those whose number superd chooses.
#include "tests/unit/core/world.hpp"

namespace superd::core {
namespace {

UnitSpec sleepy(std::string name = "web") {
    UnitSpec made = spec(std::move(name));
    made.on_demand = true;
    made.idle_timeout = 5s;
    return made;
}

class Demand : public testing::Test {
protected:
    void demand(std::string_view name = "web") { world.happen(Demanded{world.unit(name).id}); }
    void idle() { world.happen(FellIdle{world.unit("web").id}); }

    World world;
};

TEST_F(Demand, IsWaitedForInsteadOfStarting) {
    world.apply({sleepy()});
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.at("web").goal, Goal::up);
    EXPECT_EQ(world.why("web"), "asleep until a connection comes");
    EXPECT_EQ(world.seen<AwaitDemand>().size(), 1u);
    EXPECT_TRUE(world.processes.empty());
    demand();
    EXPECT_EQ(world.state("web"), State::ready);
    demand();
    EXPECT_EQ(world.at("web").generation, 1u) << "it is awake";
}

TEST_F(Demand, ComesAgainAfterSleep) {
    world.apply({sleepy()});
    demand();
    world.log.clear();
    idle();
    ASSERT_EQ(world.seen<Signal>().size(), 1u);
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.seen<AwaitDemand>().size(), 1u);
    EXPECT_EQ(world.at("web").restarts, 0u) << "that is no failure";
    demand();
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").generation, 2u);
    EXPECT_EQ(world.at("web").origin, Origin::start);
}

TEST_F(Demand, IsNotNeededByTheOperator) {
    world.apply({sleepy()});
    world.happen(StartRequested{world.all("web"), 7});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.answer(7), Outcome::done);
    world.happen(StopRequested{world.all("web"), 8});
    EXPECT_EQ(world.state("web"), State::inactive);
    demand();
    EXPECT_EQ(world.state("web"), State::inactive) << "the operator's goal wins";
}

TEST_F(Demand, IsWhatAServiceThatEndsByItselfWaitsFor) {
    world.apply({sleepy()});
    demand();
    world.exit("web", {.code = 0});
    EXPECT_EQ(world.why("web"), "asleep until a connection comes");
    demand();
    world.exit("web", {.code = 1});
    EXPECT_EQ(world.state("web"), State::backoff) << "a failure is one all the same";
    world.pass(1s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").origin, Origin::ended);
}

TEST_F(Demand, IsNoReasonForOthersToWait) {
    world.apply({sleepy("db"), needing("web", "db")});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.state("db"), State::waiting);
    demand("db");
    world.happen(FellIdle{world.unit("db").id});
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, PullsWhatTheUnitNeeds) {
    auto web = needing("web", "db");
    web.on_demand = true;
    auto db = spec("db");
    db.autostart = false;
    world.apply({db, web});
    EXPECT_EQ(world.state("db"), State::inactive);
    EXPECT_EQ(world.why("web"), "asleep until a connection comes");
    demand();
    EXPECT_EQ(world.state("db"), State::ready);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, DoesNotStartWhatTheOperatorHasStopped) {
    auto web = needing("web", "shop");
    web.on_demand = true;
    world.apply({spec("db"), needing("shop", "db"), web});
    world.happen(StopRequested{world.all("db")});
    ASSERT_EQ(world.state("shop"), State::waiting);
    demand();
    EXPECT_EQ(world.at("db").goal, Goal::down);
    EXPECT_EQ(world.state("web"), State::waiting);
    world.happen(StartRequested{world.all("db")});
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, DoesNotStartWhatWasStoppedBeforeItWasEverUp) {
    auto db = spec("db");
    db.autostart = false;
    auto web = needing("web", "db");
    web.on_demand = true;
    world.apply({db, web});
    world.happen(StopRequested{world.all("db")});
    demand();
    EXPECT_EQ(world.state("db"), State::inactive);
}

TEST_F(Demand, DoesNotStartWhatHasFailed) {
    auto db = spec("db");
    db.restart.policy = RestartPolicy::never;
    auto web = needing("web", "db");
    web.on_demand = true;
    world.apply({db, web});
    world.exit("db", {.code = 1});
    ASSERT_EQ(world.state("db"), State::failed);
    demand();
    EXPECT_EQ(world.state("db"), State::failed);
}

TEST_F(Demand, DoesNotStartMembersThatWereStopped) {
    auto shop = spec("shop");
    shop.type = UnitType::group;
    shop.autostart = false;
    shop.group = std::make_shared<GroupRule>(GroupRule{.members = {"cart", "search"}});
    auto web = needing("web", "shop", DependencyKind::wants);
    web.on_demand = true;
    world.apply({spec("cart"), spec("search"), shop, web});
    world.happen(StopRequested{world.all("cart")});
    demand();
    EXPECT_EQ(world.state("cart"), State::inactive);
    EXPECT_EQ(world.state("search"), State::ready);
}

TEST_F(Demand, IsNothingThatWhoHasStartedItWaitsFor) {
    auto web = sleepy();
    web.awaits_ready = true;
    world.apply({web});
    world.happen(StartRequested{world.all("web"), 7});
    world.exit("web", {.code = 0});
    EXPECT_EQ(world.why("web"), "asleep until a connection comes");
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(Demand, IsNothingThatARollingRestartWaitsFor) {
    auto web = sleepy();
    web.instances = 2;
    world.apply({web});
    demand();
    const RunId run = world.at("web", 1).run;
    world.exit("web", {.code = 0});
    world.happen(RollRequested{world.id("web", 1), 7});
    EXPECT_GT(world.at("web", 1).run, run);
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(Demand, ThatNobodyCanBringIsAFailedStart) {
    auto web = sleepy();
    web.restart.limit = 2;
    web.restart.window = 1h;
    web.restart.on_limit = OnLimit::fail;
    world.apply({web});
    const auto fail = [&] { world.happen(DemandFailed{world.id("web"), "cannot listen"}); };
    fail();
    ASSERT_EQ(world.state("web"), State::backoff);
    EXPECT_NE(world.why("web").find("cannot listen"), std::string::npos);
    world.pass(1s);
    EXPECT_EQ(world.state("web"), State::waiting);
    EXPECT_EQ(world.seen<AwaitDemand>().size(), 2u) << "asked for again, not started";
    EXPECT_TRUE(world.processes.empty());
    fail();
    world.pass(1s);
    fail();
    EXPECT_EQ(world.state("web"), State::failed);
    fail();
    EXPECT_EQ(world.state("web"), State::failed);
}

TEST_F(Demand, IsAskedForAgainByTheNextSupervisor) {
    Instance asleep;
    asleep.goal = Goal::up;
    asleep.state = State::waiting;
    asleep.reason = Reason::demand;
    asleep.dormant = true;
    std::vector<Restored> restored;
    restored.push_back({"web", 0, std::move(asleep)});
    world.adopt({sleepy()}, std::move(restored));
    EXPECT_EQ(world.seen<AwaitDemand>().size(), 1u);
    EXPECT_TRUE(world.processes.empty());
    demand();
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, IsNothingToWaitForOnceTheFileSaysSo) {
    auto web = needing("web", "db", DependencyKind::wants);
    web.on_demand = true;
    auto db = spec("db"), mail = spec("mail");
    db.autostart = mail.autostart = false;
    web.dependencies.push_back({"mail", DependencyKind::wants, When::ready});
    world.apply({db, mail, web});
    world.happen(StopRequested{world.all("mail")});
    ASSERT_EQ(world.at("web").reason, Reason::demand);
    web.on_demand = false;
    world.apply({db, mail, web});
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_FALSE(world.at("web").dormant);
    EXPECT_EQ(world.state("db"), State::ready) << "that was to be started when it woke";
    EXPECT_EQ(world.state("mail"), State::inactive) << "that the operator has stopped";
}

TEST_F(Demand, IsNothingToWaitForAfterABackOffEither) {
    world.apply({sleepy()});
    world.happen(DemandFailed{world.id("web"), "cannot listen"});
    ASSERT_EQ(world.state("web"), State::backoff);
    auto web = sleepy();
    web.on_demand = false;
    world.apply({web});
    world.pass(1s);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, IsNothingToWaitForThoughItWasFallingAsleep) {
    world.apply({sleepy()});
    demand();
    world.obeys = false;
    idle();
    ASSERT_EQ(world.at("web").reason, Reason::idle);
    auto web = sleepy();
    web.on_demand = false;
    world.apply({web});
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Demand, IsNothingToWaitForWhenTheNextSupervisorKnowsItsNewFile) {
    Restored asleep{.unit = "web", .index = 0, .instance = {}};
    asleep.instance.goal = Goal::up;
    asleep.instance.state = State::waiting;
    asleep.instance.reason = Reason::demand;
    asleep.instance.dormant = true;
    std::vector<Restored> restored;
    restored.push_back(std::move(asleep));
    world.adopt({spec("web")}, std::move(restored));
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.seen<AwaitDemand>().empty());
}

TEST_F(Demand, EndsWithSuperd) {
    world.apply({sleepy()});
    world.happen(ShutdownRequested{});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.seen<AllDown>().size(), 1u);
}

class Scaled : public testing::Test {
protected:
    Scaled() {
        UnitSpec web = spec("web");
        web.scale = std::make_shared<ScaleRule>(ScaleRule{1, 4, 0, 10s});
        world.apply({web});
    }
    void choose(std::uint32_t count) { world.happen(Autoscaled{world.unit("web").id, count}); }
    std::size_t count() const { return world.unit("web").instances.size(); }

    World world;
};

TEST_F(Scaled, IsTheNumberThatSuperdChooses) {
    choose(3);
    EXPECT_EQ(count(), 3u);
    EXPECT_EQ(world.at("web", 2).origin, Origin::scale);
    choose(9);
    EXPECT_EQ(count(), 3u) << "more than its most";
    choose(1);
    EXPECT_EQ(count(), 1u);
}

TEST_F(Scaled, IsTheOperatorsNumberWhileHeHasOne) {
    world.happen(ScaleRequested{world.unit("web").id, 2});
    choose(4);
    EXPECT_EQ(count(), 2u);
    world.happen(ScaleRequested{world.unit("web").id, 0});
    choose(4);
    EXPECT_EQ(count(), 4u);
}

TEST_F(Scaled, IsTheLeastAgainWhenItFallsAsleep) {
    UnitSpec web = sleepy();
    web.scale = std::make_shared<ScaleRule>(ScaleRule{0, 4, 0, 10s});
    world.apply({web});
    choose(3);
    ASSERT_EQ(count(), 3u);
    world.happen(FellIdle{world.unit("web").id});
    EXPECT_EQ(count(), 1u) << "nobody would ever make it fewer";
    EXPECT_EQ(world.why("web"), "asleep until a connection comes");
    world.happen(Demanded{world.unit("web").id});
    EXPECT_EQ(world.processes.size(), 1u);

    world.happen(ScaleRequested{world.unit("web").id, 2});
    world.happen(FellIdle{world.unit("web").id});
    EXPECT_EQ(count(), 2u) << "the operator's number stays";
}

TEST_F(Scaled, IsTheOperatorsNumberThoughTheFileSaysTheSame) {
    choose(4);
    world.happen(ScaleRequested{world.unit("web").id, 1, 7});
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ(world.answer(7), Outcome::done);
    EXPECT_EQ(world.unit("web").scaled, 1u);
    choose(4);
    EXPECT_EQ(count(), 1u);
}

TEST_F(Scaled, GoesOnFromTheOperatorsNumberWhenHeLetsGo) {
    choose(4);
    world.happen(ScaleRequested{world.unit("web").id, 2});
    world.happen(ScaleRequested{world.unit("web").id, 0, 7});
    EXPECT_EQ(count(), 2u) << "not what superd chose long ago";
    EXPECT_EQ(world.answer(7), Outcome::done);
    choose(3);
    EXPECT_EQ(count(), 3u);
}

TEST_F(Scaled, IsNoOtherNumberOnceTheFileLeavesNoChoice) {
    world.happen(ScaleRequested{world.unit("web").id, 1});
    world.apply({spec("web")});
    EXPECT_EQ(world.unit("web").scaled, 0u);
}

TEST_F(Scaled, TakesNothingAwayThatStandsStill) {
    choose(4);
    world.happen(FreezeRequested{world.id("web", 2), 0, true});
    world.happen(FreezeTold{world.id("web", 2), world.at("web", 2).run, true, {}});
    const RunId run = world.at("web", 2).run;
    choose(1);
    EXPECT_EQ(count(), 3u) << "those below it keep their numbers";
    EXPECT_EQ(world.at("web", 2).run, run);
    EXPECT_EQ(world.at("web", 2).freeze, Freeze::frozen);
    world.happen(FreezeRequested{world.id("web", 2), 0, false});
    choose(1);
    EXPECT_EQ(count(), 1u);
}

TEST_F(Scaled, TakesNothingAwayThatStandsStillWhenTheOthersFallAsleep) {
    UnitSpec web = sleepy();
    web.scale = std::make_shared<ScaleRule>(ScaleRule{0, 4, 0, 10s});
    world.apply({web});
    choose(2);
    world.happen(FreezeRequested{world.id("web", 1), 0, true});
    world.happen(FellIdle{world.unit("web").id});
    EXPECT_EQ(count(), 2u);
    EXPECT_EQ(world.state("web", 0), State::waiting);
    EXPECT_EQ(world.state("web", 1), State::ready);
}

TEST_F(Scaled, KeepsToTheRuleOfANewConfiguration) {
    choose(4);
    UnitSpec web = spec("web");
    web.scale = std::make_shared<ScaleRule>(ScaleRule{1, 2, 0, 10s});
    world.apply({web});
    EXPECT_EQ(count(), 2u);
    web.scale.reset();
    world.apply({web});
    EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace superd::core
