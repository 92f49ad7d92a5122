#include "world.hpp"

namespace superd::core {
namespace {

class Announcements : public ::testing::Test {
protected:
    Announcements() { world.apply({web}); }
    void say(Announced what) {
        world.happen(ServiceAnnounced{world.id("web"), world.at("web").run, what});
    }
    void extend(Duration by) {
        world.happen(TimeoutExtended{world.id("web"), world.at("web").run, by});
    }

    UnitSpec web = spec("web");
    World world;
};

TEST_F(Announcements, AReloadIsShownAndEndsWithReady) {
    say(Announced::reloading);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.why("web").starts_with("reloading"));
    say(Announced::nothing);
    EXPECT_TRUE(world.why("web").starts_with("up for"));
}

TEST_F(Announcements, OneThatSaysThatItStopsIsGivenTheTimeOfAStop) {
    say(Announced::stopping);
    EXPECT_EQ(world.why("web"), "ending by its own wish");
    world.pass(9999ms);
    EXPECT_TRUE(world.seen<Signal>().empty());
    world.obeys = false;
    world.pass(1ms);
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.why("web"), "it said that it stops, and did not, SIGTERM sent");
    say(Announced::nothing);
    EXPECT_EQ(world.state("web"), State::stopping);
}

TEST_F(Announcements, ThereIsNoWayBackFromStopping) {
    say(Announced::stopping);
    say(Announced::nothing);
    EXPECT_EQ(world.at("web").announced, Announced::stopping);
    world.exit("web", {.code = 1});
    world.pass(1s);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.at("web").announced, Announced::nothing) << "the next run has said nothing";
}

TEST_F(Announcements, AnEndByItsOwnWishGoesThroughTheRestartPolicy) {
    say(Announced::stopping);
    world.exit("web", {});
    EXPECT_EQ(world.state("web"), State::inactive);
    EXPECT_EQ(world.at("web").goal, Goal::up);
}

TEST_F(Announcements, OneThatStopsIsNeitherCheckedNorExpectedToPing) {
    web.watchdog.every = 1s;
    web.checks.push_back({.name = "c", .start_timeout = 0s, .failures = 1});
    world.apply({web});
    say(Announced::stopping);
    EXPECT_EQ(world.seen<StopChecks>().size(), 1u);
    world.happen(CheckFailed{world.id("web"), world.at("web").run, 0, "refused"});
    world.happen(WatchdogTold{world.id("web"), world.at("web").run, true});
    world.pass(9s);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(Announcements, ASupervisorThatTakesOverGoesOnWaitingForTheEnd) {
    std::vector<Restored> kept(1);
    kept[0].unit = "web";
    kept[0].instance.goal = Goal::up;
    kept[0].instance.state = State::ready;
    kept[0].instance.announced = Announced::stopping;
    kept[0].instance.run = 7;
    kept[0].instance.pid = 77;
    World next;
    next.adopt({web}, std::move(kept));
    next.pass(10s);
    EXPECT_EQ(next.at("web").reason, Reason::overstayed);
}

TEST_F(Announcements, AStartMayBePutOffButNotForEver) {
    auto slow = spec("web");
    slow.awaits_ready = true;
    slow.ready_timeout = 5s;
    slow.extend_max = 20s;
    World other{{slow}};
    const auto more = [&](Duration by) {
        other.happen(TimeoutExtended{other.id("web"), other.at("web").run, by});
    };
    other.pass(4s);
    more(10s);
    other.pass(9s);
    EXPECT_EQ(other.state("web"), State::starting);
    more(1h);
    other.pass(11999ms);
    EXPECT_EQ(other.state("web"), State::starting);
    other.obeys = false;
    other.pass(1ms);
    EXPECT_EQ(other.at("web").reason, Reason::ready_timeout) << "25 s after its start";
}

TEST_F(Announcements, LessTimeThanThereIsChangesNothing) {
    auto slow = spec("web");
    slow.awaits_ready = true;
    World other{{slow}};
    const Instant due = other.at("web").due;
    other.happen(TimeoutExtended{other.id("web"), other.at("web").run, 1s});
    EXPECT_EQ(other.at("web").due, due);
}

TEST_F(Announcements, AStopMayBePutOffAndNothingElse) {
    world.obeys = false;
    world.happen(StopRequested{world.all("web")});
    extend(60s);
    world.pass(59s);
    EXPECT_EQ(world.seen<Signal>().size(), 1u);
    world.pass(1s);
    EXPECT_EQ(world.seen<Signal>().back().number, SIGKILL);
    extend(1h);
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST_F(Announcements, AWatchdogMayBePutOff) {
    web.watchdog.every = 4s;
    web.extend_max = 30s;
    world.apply({web});
    extend(1h);
    world.pass(29s);
    EXPECT_EQ(world.state("web"), State::ready);
    world.obeys = false;
    world.pass(1s);
    EXPECT_EQ(world.at("web").reason, Reason::watchdog);
}

TEST_F(Announcements, AnotherMainProcessIsFollowed) {
    const RunId run = world.at("web").run;
    world.happen(MainChanged{world.id("web"), run, 4711});
    EXPECT_EQ(world.at("web").pid, 4711);
    EXPECT_EQ(world.at("web").run, run);
    world.exit("web", {.code = 3});
    EXPECT_EQ(world.at("web").last_exit->pid, 4711);
    world.happen(MainChanged{world.id("web"), run, 4712});
    EXPECT_NE(world.at("web").pid, 4712) << "of an earlier run";
}

}  // namespace
}  // namespace superd::core
