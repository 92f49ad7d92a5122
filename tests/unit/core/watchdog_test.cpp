#include "world.hpp"

namespace superd::core {
namespace {

class Watchdog : public ::testing::Test {
protected:
    Watchdog() {
        web.watchdog = {.every = 10s, .signal = SIGABRT};
        world.apply({web});
    }
    void ping() { world.happen(WatchdogTold{world.id("web"), world.at("web").run}); }

    UnitSpec web = spec("web");
    World world;
};

TEST_F(Watchdog, PingsKeepItRunning) {
    for (int i = 0; i < 20; ++i) {
        world.pass(9s);
        ping();
    }
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
}

TEST_F(Watchdog, AMissedPingIsAFailedRun) {
    world.pass(9999ms);
    EXPECT_EQ(world.state("web"), State::ready);
    world.obeys = false;
    world.pass(1ms);
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.at("web").reason, Reason::watchdog);
    EXPECT_EQ(world.why("web"), "watchdog: no WATCHDOG=1 for 10000 ms, SIGABRT sent");
}

TEST_F(Watchdog, ItsSignalComesFirstThenTheEscalation) {
    world.obeys = false;
    world.pass(10s);
    world.pass(10s);
    world.pass(10s);
    const auto sent = world.seen<Signal>();
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[0].number, SIGABRT);
    EXPECT_EQ(sent[1].number, SIGTERM);
    EXPECT_EQ(sent[2].number, SIGKILL);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST_F(Watchdog, TheRestartPolicyDecidesWhatFollows) {
    web.restart.policy = RestartPolicy::never;
    world.apply({web});
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::failed);
    EXPECT_EQ(world.at("web").reason, Reason::watchdog);
}

TEST_F(Watchdog, IsNotLookedForBeforeItIsReady) {
    auto slow = web;
    slow.name = "slow";
    slow.awaits_ready = true;
    slow.ready_timeout = 1h;
    world.apply({slow});
    world.pass(10min);
    EXPECT_EQ(world.state("slow"), State::starting);
    world.ready("slow");
    world.pass(9s);
    EXPECT_EQ(world.state("slow"), State::ready);
}

TEST_F(Watchdog, AServiceThatCallsItselfHungIsTakenAtItsWord) {
    world.happen(WatchdogTold{world.id("web"), world.at("web").run, true});
    EXPECT_EQ(world.seen<Signal>().at(0).number, SIGABRT);
    EXPECT_EQ(world.at("web").health->cause, "watchdog: it reported itself as hung");
}

TEST_F(Watchdog, TheServiceMayChangeItsInterval) {
    world.happen(WatchdogTold{world.id("web"), world.at("web").run, false, 2s});
    world.pass(1999ms);
    EXPECT_EQ(world.state("web"), State::ready);
    ping();
    world.obeys = false;
    world.pass(2s);
    EXPECT_EQ(world.state("web"), State::stopping);
}

TEST_F(Watchdog, TheNextRunHasTheUnitsInterval) {
    world.happen(WatchdogTold{world.id("web"), world.at("web").run, false, 2s});
    world.exit("web", {.code = 1});
    world.pass(100ms);
    ASSERT_EQ(world.state("web"), State::ready);
    world.pass(9s);
    EXPECT_EQ(world.seen<Spawn>().size(), 2u);
}

TEST_F(Watchdog, ASupervisorThatWasAwayGivesEachAWholeInterval) {
    const RunId run = world.at("web").run;
    world.pass(3s);
    world.now += 30s;  // Frozen, with everybody else: no timer fired.
    world.pass(9999ms);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").run, run);
    world.obeys = false;
    world.pass(1ms);
    EXPECT_EQ(world.state("web"), State::stopping);
}

TEST_F(Watchdog, ASupervisorThatTakesOverGivesAWholeInterval) {
    std::vector<Restored> kept(1);
    kept[0].unit = "web";
    kept[0].instance.goal = Goal::up;
    kept[0].instance.state = State::ready;
    kept[0].instance.run = 7;
    kept[0].instance.pid = 77;
    kept[0].instance.due = world.now - 1h;
    World next;
    next.now = world.now;
    next.adopt({web}, std::move(kept));
    next.pass(9999ms);
    EXPECT_EQ(next.state("web"), State::ready);
    next.obeys = false;
    next.pass(1ms);
    EXPECT_EQ(next.state("web"), State::stopping);
}

TEST_F(Watchdog, PingsOfAnEarlierRunAndOfUnitsWithoutOneMoveNothing) {
    world.happen(WatchdogTold{world.id("web"), world.at("web").run - 1, true});
    EXPECT_EQ(world.state("web"), State::ready);
    World plain{{spec("web")}};
    plain.happen(WatchdogTold{plain.id("web"), plain.at("web").run, true, 1s});
    plain.pass(1h);
    EXPECT_EQ(plain.state("web"), State::ready);
    EXPECT_TRUE(plain.seen<ArmTimer>().empty());
}

TEST_F(Watchdog, AStopEndsIt) {
    world.happen(StopRequested{world.all("web")});
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.seen<Signal>().size(), 1u);
}

}  // namespace
}  // namespace superd::core
