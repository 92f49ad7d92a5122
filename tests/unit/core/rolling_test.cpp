// Rolling restarts: each way they may go.
#include "tests/unit/core/rolling.hpp"

namespace superd::core {
namespace {

TEST_F(Rolling, ANewRunIsReadyBeforeTheOldOneIsStopped) {
    begin(rolled(2), {needing("shop", "web")});
    const RunId shop = world.at("shop").run;
    roll();
    ASSERT_NE(world.second("web", 0), nullptr);
    EXPECT_EQ(world.second("web", 1), nullptr) << "one at a time";
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 2u);
    EXPECT_TRUE(world.seen<Signal>().empty());
    EXPECT_EQ(world.why("web", 0).find("up for 0.0 s; run 4 is to take its place: not ready yet"),
              0u)
        << world.why("web", 0);
    world.second_ready("web", 0);
    EXPECT_GT(world.at("web", 0).run, before[0]);
    EXPECT_EQ(world.state("web", 0), State::ready);
    EXPECT_EQ(world.seen<Signal>().at(0).run, before[0]);
    EXPECT_EQ(world.processes.count(before[0]), 0u);
    ASSERT_NE(world.second("web", 1), nullptr) << "the next one";
    EXPECT_FALSE(world.answered(1));
    EXPECT_EQ(roll_progress(world.unit("web"))->done, 1u);
    world.second_ready("web", 1);
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.processes.size(), 3u);
    EXPECT_EQ(world.at("shop").run, shop) << "who needs it does not notice";
    EXPECT_EQ(told(RollPhase::done).size(), 1u);
    EXPECT_FALSE(roll_progress(world.unit("web")));
}

TEST_F(Rolling, TheOldOneIsGoneBeforeTheNextIsReplaced) {
    begin(rolled(2));
    world.obeys = false;
    roll();
    world.second_ready("web", 0);
    ASSERT_NE(world.second("web", 0), nullptr);
    EXPECT_EQ(world.second("web", 0)->reason, Reason::replaced);
    EXPECT_EQ(world.system.describe(beside(world.id("web")), world.now),
              "replaced by run 3, SIGTERM sent");
    EXPECT_EQ(world.why("web"), "up for 0.0 s; run 1, which it replaced, is stopping");
    EXPECT_EQ(world.second("web", 1), nullptr);
    world.pass(10s);
    EXPECT_EQ(world.second("web", 0), nullptr) << "SIGKILL ends it";
    EXPECT_NE(world.second("web", 1), nullptr);
}

TEST_F(Rolling, OneThatIsNotReadyInTimeIsEndedAndTheOldOnesStay) {
    begin(rolled(3));
    roll();
    world.second_ready("web", 0);
    before = runs();
    world.pass(20s);
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1),
              "web/1: run 5: not ready in time; run 2, pid 1001, goes on, 1 instance not replaced");
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 3u);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.processes.size(), 3u);
    world.pass(1h);
    EXPECT_EQ(runs(), before) << "it is not tried again";
    EXPECT_EQ(told(RollPhase::failed).size(), 1u);
    EXPECT_TRUE(told(RollPhase::done).empty());
}

TEST_F(Rolling, OneThatCrashesEndsIt) {
    begin(rolled(2));
    roll();
    const Instance& second = *world.second("web", 0);
    world.processes.erase(second.run);
    world.happen(Exited{beside(world.id("web")), second.run, {.code = 3}});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(world.answer_text(1),
              "web/0: run 3: exit 3; run 1, pid 1000, goes on, 1 instance not replaced");
    EXPECT_EQ(runs(), before);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web").restarts, 0u) << "no failure of the instance's";
}

TEST_F(Rolling, OneThatCannotBeStartedEndsIt) {
    begin(rolled(2));
    world.spawn_error = "web: cannot start: exec: No such file or directory";
    roll();
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(runs(), before);
    EXPECT_EQ(ready(), 2u);
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.system.next_run(), before.back() + 2) << "one try";
}

TEST_F(Rolling, AFailureOfOneOfABatchEndsTheOthersNewRuns) {
    begin(rolled(4));
    roll(1, 2);
    ASSERT_NE(world.second("web", 1), nullptr);
    EXPECT_EQ(world.second("web", 2), nullptr);
    const RunId run = world.second("web", 0)->run;
    world.processes.erase(run);
    world.happen(Exited{beside(world.id("web")), run, {.code = 1}});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    EXPECT_EQ(runs(), before);
    EXPECT_TRUE(world.unit("web").beside.empty());
}

TEST_F(Rolling, ForTheSakeOfAConfigurationOfWhatIsStoppedIsDoneAtOnce) {
    begin(rolled(2));
    world.happen(StopRequested{world.all("web")});
    world.happen(RollRequested{world.all("web"), 7, 0, true});
    EXPECT_EQ(world.answer(7), Outcome::done);
    EXPECT_EQ(world.state("web"), State::inactive);
}

TEST_F(Rolling, ForTheSakeOfAConfigurationPassesOverWhatIsStopped) {
    begin(rolled(2));
    world.happen(StopRequested{world.id("web", 1)});
    world.happen(RollRequested{world.all("web"), 7, 0, true});
    EXPECT_FALSE(world.answered(7));
    world.second_ready("web", 0);
    EXPECT_EQ(world.answer(7), Outcome::done);
    EXPECT_EQ(world.state("web", 1), State::inactive);
}

TEST_F(Rolling, ForTheSakeOfAConfigurationStartsNothing) {
    auto job = spec("job"), timed = spec("timed"), sleepy = spec("sleepy");
    job.type = timed.type = UnitType::oneshot;
    auto timer = std::make_shared<TimerRule>();
    timer->every = 1h;
    timed.timer = timer;
    sleepy.on_demand = true;
    world.apply({job, timed, sleepy});
    world.exit("job", {.code = 0});
    ASSERT_EQ(world.state("job"), State::completed);
    ASSERT_EQ(world.at("timed").reason, Reason::scheduled);
    CommandId command = 1;
    for (const char* const name : {"job", "timed", "sleepy"}) {
        world.happen(RollRequested{world.all(name), command, 0, true});
        EXPECT_EQ(world.answer(command++), Outcome::done) << name;
    }
    EXPECT_EQ(world.seen<Spawn>().size(), 1u);
    EXPECT_EQ(world.state("job"), State::completed);
    EXPECT_EQ(world.at("timed").reason, Reason::scheduled);
    EXPECT_EQ(world.at("sleepy").reason, Reason::demand);
}

TEST_F(Rolling, ForTheSakeOfAConfigurationLeavesABackOffAsItIs) {
    auto unit = rolled(2);
    unit.restart.delay = 10s;
    begin(unit);
    world.exit("web", {.code = 1}, 1);
    ASSERT_EQ(world.state("web", 1), State::backoff);
    const Instant due = world.at("web", 1).due;
    world.happen(RollRequested{world.all("web"), 7, 0, true});
    EXPECT_FALSE(world.answered(7)) << "that it had failed before is nothing new";
    EXPECT_EQ(world.at("web", 1).due, due);
    EXPECT_EQ(world.second("web", 0), nullptr) << "one is missing";
    world.pass(10s);
    world.exit("web", {.code = 1}, 1);
    EXPECT_EQ(world.answer(7), Outcome::failed) << "with the new definition";
}

TEST_F(Rolling, ForTheSakeOfAConfigurationBeginsAnewWhatIsComingUp) {
    world.apply({rolled(1)});
    const RunId run = world.at("web").run;
    world.happen(RollRequested{world.all("web"), 7, 0, true});
    EXPECT_GT(world.at("web").run, run);
    EXPECT_EQ(world.at("web").origin, Origin::reload);
    world.ready("web");
    EXPECT_EQ(world.answer(7), Outcome::done);
}

TEST_F(Rolling, ForTheSakeOfAConfigurationIsSupersededWhenItsGroupIsStopped) {
    auto shop = spec("shop");
    shop.type = UnitType::group;
    shop.group = std::make_shared<GroupRule>(GroupRule{.members = {"web"}});
    begin(rolled(2), {shop});
    world.happen(RollRequested{world.all("web"), 7, 0, true});
    world.happen(StopRequested{world.all("shop")});
    EXPECT_EQ(world.answer(7), Outcome::superseded);
}

UnitSpec rolled_with_crash_hook() {
    auto web = rolled(1);
    HookRule hooks;
    hooks.timeouts[std::to_underlying(Hook::on_crash)] = 30s;
    web.hooks = std::make_shared<HookRule>(hooks);
    return web;
}

TEST_F(Rolling, AReplacementThatCrashesIsToldToTheHook) {
    begin(rolled_with_crash_hook());
    roll();
    const RunId run = world.second("web")->run;
    world.processes.erase(run);
    world.happen(Exited{beside(world.id("web")), run, {.code = 3}});
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    const Crashed crash = world.seen<Crashed>().front();
    EXPECT_EQ(crash.instance, world.id("web"));
    EXPECT_EQ(crash.run, run);
    EXPECT_EQ(crash.text, "exit 3");
    ASSERT_NE(world.at("web").crash, nullptr) << "until the hook has been told";
    world.happen(HookEnded{crash.instance, run, Hook::on_crash, true, "ended with exit 0"});
    EXPECT_EQ(world.at("web").crash, nullptr);
}

TEST_F(Rolling, AReplacementThatIsNotReadyInTimeIsToldToTheHook) {
    begin(rolled_with_crash_hook());
    roll();
    world.pass(20s);
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    EXPECT_EQ(world.seen<Crashed>().front().text, "not ready in time");
}

TEST_F(Rolling, AReplacementThatCannotBeStartedIsToldToTheHook) {
    begin(rolled_with_crash_hook());
    world.spawn_error = "web: cannot start: exec: No such file or directory";
    roll();
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    EXPECT_EQ(world.seen<Crashed>().front().text, world.spawn_error);
}

TEST_F(Rolling, AnOldRunThatCrashesWhileItIsReplacedIsToldToTheHook) {
    begin(rolled_with_crash_hook());
    roll();
    world.exit("web", {.signal = SIGSEGV});
    ASSERT_EQ(world.seen<Crashed>().size(), 1u);
    EXPECT_EQ(world.seen<Crashed>().front().run, before[0]);
    EXPECT_EQ(world.seen<Crashed>().front().text, "SIGSEGV");
}

TEST_F(Rolling, OneThatTakesThePlaceOfOneThatCrashedHasItsTimeToBeReady) {
    begin(rolled(1));
    roll();
    const RunId second = world.second("web")->run;
    world.exit("web", {.signal = SIGSEGV});
    ASSERT_EQ(world.at("web").run, second);
    ASSERT_EQ(world.state("web"), State::starting);
    world.pass(20s);
    EXPECT_NE(world.state("web"), State::starting) << "and no more than that";
    EXPECT_EQ(world.at("web").reason, Reason::ready_timeout);
}

TEST_F(Rolling, AStopTakesItsPlace) {
    begin(rolled(3));
    roll();
    world.happen(StopRequested{world.id("web", 2)});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    const auto cancelled = told(RollPhase::cancelled);
    ASSERT_EQ(cancelled.size(), 1u);
    EXPECT_EQ(cancelled[0], "rolling restart given up: another command takes its place");
    EXPECT_TRUE(world.unit("web").beside.empty());
}

TEST_F(Rolling, WhatIsReplacedAsPlannedIsNoCrash) {
    begin(rolled_with_crash_hook());
    roll();
    world.second_ready("web");
    EXPECT_EQ(world.answer(1), Outcome::done);
    EXPECT_TRUE(world.seen<Crashed>().empty());
}

TEST_F(Rolling, SurgeBoundsTheProcessesBeside) {
    begin(rolled(4, 1));
    roll(1, 3);
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
}

}  // namespace
}  // namespace superd::core
