// Runs that stand still by the operator's wish: what is put off, and what ends it.
#include "core/connections.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

namespace superd::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

UnitSpec web() {
    auto made = spec("web");
    made.awaits_ready = true;
    made.watchdog.every = 10s;
    CheckSpec http;
    http.name = "http";
    http.failures = 1;
    http.start_timeout = 0s;
    made.checks = {http};
    return made;
}

class AFreeze : public ::testing::Test {
protected:
    void begin(const UnitSpec& unit) {
        world.apply({unit});
        for (std::uint32_t i = 0; i < unit.instances; ++i) {
            if (unit.awaits_ready) world.ready("web", i);
        }
    }
    void ask(bool on, CommandId command = 0) {
        world.happen(FreezeRequested{world.all("web"), command, on});
    }
    // As the kernel shows it a while later.
    void tell(bool frozen, std::uint32_t index = 0) {
        world.happen(FreezeTold{world.id("web", index), world.at("web", index).run, frozen, {}});
    }
    void freeze() {
        ask(true);
        tell(true);
    }
    // What the kernel was asked for, in order.
    std::vector<bool> asked() const {
        std::vector<bool> all;
        for (const auto& each : world.seen<SetFrozen>()) all.push_back(each.on);
        return all;
    }
    std::vector<bool> told() const {
        std::vector<bool> all;
        for (const auto& each : world.seen<FreezeChanged>()) all.push_back(each.frozen);
        return all;
    }

    World world;
};

TEST_F(AFreeze, IsDoneWhenAllStandStill) {
    begin(web());
    ask(true, 5);
    EXPECT_THAT(asked(), ElementsAre(true));
    EXPECT_FALSE(world.answered(5));
    EXPECT_TRUE(told().empty());
    tell(true);
    EXPECT_EQ(world.answer(5), Outcome::done);
    EXPECT_THAT(told(), ElementsAre(true));
    EXPECT_EQ(world.state("web"), State::ready);
    world.pass(12s);
    EXPECT_EQ(world.why("web"), "frozen for 12 s");
    tell(true);
    EXPECT_THAT(told(), ElementsAre(true)) << "told again it is nothing new";
}

TEST_F(AFreeze, PutsOffWatchdogAndChecksWhichBeginAnewWhenItGoesOn) {
    begin(web());
    world.pass(1s);
    freeze();
    EXPECT_EQ(world.seen<StopChecks>().size(), 1u);
    world.happen(CheckFailed{world.id("web"), world.at("web").run, 0, "refused"});
    world.happen(WatchdogTold{world.id("web"), world.at("web").run, true, {}});
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_TRUE(world.timers.empty());
    ask(false, 6);
    EXPECT_EQ(world.answer(6), Outcome::done);
    EXPECT_THAT(asked(), ElementsAre(true, false));
    EXPECT_THAT(told(), ElementsAre(true, false));
    EXPECT_EQ(world.seen<StartChecks>().size(), 2u);
    world.pass(9999ms);
    EXPECT_EQ(world.state("web"), State::ready) << "a whole interval";
    world.obeys = false;
    world.pass(1ms);
    EXPECT_EQ(world.state("web"), State::stopping);
}

TEST_F(AFreeze, PutsOffTheTimeToBecomeReady) {
    world.apply({web()});
    world.pass(19s);
    freeze();
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::starting);
    const auto awaited = world.seen<AwaitReady>().size();
    ask(false);
    EXPECT_EQ(world.seen<AwaitReady>().size(), awaited + 1) << "it may have been asked in vain";
    world.pass(19s);
    EXPECT_EQ(world.state("web"), State::starting);
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(AFreeze, KeepsThatItIsReadyUntilItGoesOn) {
    auto hooked = web();
    auto hooks = std::make_shared<HookRule>();
    hooks->timeouts[static_cast<std::size_t>(Hook::post_start)] = 1s;
    hooked.hooks = hooks;
    world.apply({hooked});
    freeze();
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::starting);
    EXPECT_FALSE(world.runs(Hook::post_start)) << "it would talk to somebody who stands still";
    world.pass(1h);
    ask(false);
    EXPECT_TRUE(world.runs(Hook::post_start));
    world.end_hook(Hook::post_start);
    EXPECT_EQ(world.state("web"), State::ready);
}

TEST_F(AFreeze, EndsBeforeAnythingIsSentToIt) {
    begin(web());
    freeze();
    world.log.clear();
    world.happen(StopRequested{world.all("web"), 7});
    EXPECT_EQ(world.answer(7), Outcome::done);
    std::vector<std::string> order;
    for (const Effect& effect : world.log) {
        if (const auto* f = std::get_if<SetFrozen>(&effect)) order.push_back(f->on ? "on" : "off");
        if (std::holds_alternative<Signal>(effect)) order.emplace_back("signal");
    }
    EXPECT_THAT(order, ElementsAre("off", "signal"));
    EXPECT_EQ(world.at("web").freeze, Freeze::none);
}

TEST_F(AFreeze, IsOverForWhatAnEndLeavesBehindAndForTheNextRun) {
    auto unit = web();
    unit.restart.delay = 0s;
    begin(unit);
    freeze();
    world.exit("web", {.signal = SIGKILL});
    EXPECT_THAT(asked(), ElementsAre(true, false));
    EXPECT_EQ(world.at("web").freeze, Freeze::none);
    world.ready("web");
    EXPECT_EQ(world.state("web"), State::ready);
    EXPECT_EQ(world.why("web"), "up for 0.0 s");
}

TEST_F(AFreeze, OfARunThatEndsMeanwhileIsSuperseded) {
    begin(web());
    ask(true, 5);
    world.happen(StopRequested{world.all("web")});
    EXPECT_EQ(world.answer(5), Outcome::superseded);
}

TEST_F(AFreeze, ThatCannotBeSaysWhyAndChangesNothing) {
    begin(web());
    ask(true, 5);
    world.happen(FreezeTold{world.id("web"), world.at("web").run, false, "no control groups"});
    EXPECT_EQ(world.answer(5), Outcome::failed);
    EXPECT_EQ(world.answer_text(5), "no control groups");
    EXPECT_EQ(world.at("web").freeze, Freeze::none);
    EXPECT_EQ(world.seen<StartChecks>().size(), 2u) << "they go on";
    EXPECT_TRUE(told().empty());
}

TEST_F(AFreeze, OfWhatDoesNotRunIsRefused) {
    begin(web());
    world.happen(StopRequested{world.all("web")});
    ask(true, 5);
    EXPECT_EQ(world.answer(5), Outcome::failed);
    EXPECT_EQ(world.answer_text(5), "it does not run");
    ask(false, 6);
    EXPECT_EQ(world.answer(6), Outcome::done) << "nothing of it is frozen";
    EXPECT_TRUE(asked().empty());
}

TEST_F(AFreeze, OfWhatIsAboutToEndIsRefused) {
    begin(web());
    world.obeys = false;
    world.happen(StopRequested{world.all("web")});
    ask(true, 5);
    EXPECT_EQ(world.answer_text(5), "it is being stopped");
}

TEST_F(AFreeze, OfOneThatEndsByItsOwnWishIsRefused) {
    begin(web());
    world.happen(ServiceAnnounced{world.id("web"), world.at("web").run, Announced::stopping});
    ask(true, 5);
    EXPECT_EQ(world.answer_text(5), "it ends by its own wish");
}

TEST_F(AFreeze, GivesTheLastWordOfAServiceItsTimeAfterwards) {
    begin(web());
    freeze();
    world.happen(ServiceAnnounced{world.id("web"), world.at("web").run, Announced::stopping});
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::ready);
    ask(false);
    world.obeys = false;
    world.pass(10s);
    EXPECT_EQ(world.state("web"), State::stopping) << "it said that it stops, and did not";
}

TEST_F(AFreeze, OfSomeSendsConnectionsToTheOthers) {
    auto unit = web();
    unit.instances = 2;
    begin(unit);
    world.happen(FreezeRequested{world.id("web", 1), 0, true});
    EXPECT_THAT(takes_connections(world.unit("web")), ElementsAre(true, false));
    tell(true, 1);
    ask(true, 5);
    EXPECT_FALSE(world.answered(5)) << "the other one is on its way";
    tell(true, 0);
    EXPECT_EQ(world.answer(5), Outcome::done);
    EXPECT_THAT(takes_connections(world.unit("web")), ElementsAre(true, true)) << "nobody else";
}

TEST_F(AFreeze, ByAnotherHandIsTheSame) {
    begin(web());
    tell(true);
    EXPECT_EQ(world.at("web").freeze, Freeze::frozen);
    EXPECT_TRUE(asked().empty());
    world.pass(1h);
    EXPECT_EQ(world.state("web"), State::ready);
    tell(false);
    EXPECT_EQ(world.at("web").freeze, Freeze::none);
    EXPECT_THAT(told(), ElementsAre(true, false));
    EXPECT_FALSE(world.timers.empty()) << "its watchdog is looked at again";
}

TEST_F(AFreeze, IsNoReasonToReplaceIt) {
    auto unit = web();
    unit.recycle.after = 1min;
    unit.recycle.jitter = 0;
    begin(unit);
    const RunId run = world.at("web").run;
    freeze();
    world.happen(Stalled{world.id("web"), run, true, "silent"});
    world.pass(1h);
    EXPECT_EQ(world.at("web").run, run);
    EXPECT_EQ(world.at("web").renewal, nullptr);
    ask(false);
    EXPECT_NE(world.at("web").run, run) << "it was due all the time";
}

TEST_F(AFreeze, IsTakenOver) {
    std::vector<Restored> kept(1);
    kept[0].unit = "web";
    kept[0].instance.goal = Goal::up;
    kept[0].instance.state = State::ready;
    kept[0].instance.run = 7;
    kept[0].instance.pid = 77;
    kept[0].instance.freeze = Freeze::frozen;
    kept[0].instance.frozen_since = world.now - 60s;
    world.adopt({web()}, std::move(kept));
    EXPECT_TRUE(asked().empty());
    EXPECT_TRUE(world.seen<StartChecks>().empty());
    EXPECT_TRUE(world.timers.empty());
    EXPECT_EQ(world.why("web"), "frozen for 60 s");
    ask(false);
    EXPECT_EQ(world.seen<StartChecks>().size(), 1u);
}

TEST_F(AFreeze, ThatWasUnderWayIsAskedForAgain) {
    std::vector<Restored> kept(1);
    kept[0].unit = "web";
    kept[0].instance.goal = Goal::up;
    kept[0].instance.state = State::starting;
    kept[0].instance.reason = Reason::awaiting_ready;
    kept[0].instance.run = 7;
    kept[0].instance.pid = 77;
    kept[0].instance.freeze = Freeze::asked;
    kept[0].instance.frozen_since = world.now;
    world.adopt({web()}, std::move(kept));
    EXPECT_THAT(asked(), ElementsAre(true));
    EXPECT_TRUE(world.timers.empty());
    EXPECT_EQ(world.seen<AwaitReady>().size(), 1u);
}

}  // namespace
}  // namespace superd::core
