// What becomes of a run that gives no sign of life.
#include "core/connections.hpp"
#include "tests/unit/core/rolling.hpp"

#include <gmock/gmock.h>

namespace superd::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AStall : public Rolling {
protected:
    void stall(std::uint32_t index, bool kill = false) {
        const RunId run = world.at("web", index).run;
        world.happen(Stalled{world.id("web", index), run, kill, "loop of tid 7 silent"});
    }
    std::vector<std::int32_t> signals(RunId run) const {
        std::vector<std::int32_t> sent;
        for (const auto& each : world.seen<Signal>()) {
            if (each.run == run) sent.push_back(each.number);
        }
        return sent;
    }
};

TEST_F(AStall, IsReplacedBesideAndEndedOnceAnotherIsReady) {
    begin(rolled(2));
    world.obeys = false;
    stall(0);
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
    EXPECT_THAT(takes_connections(world.unit("web")), ElementsAre(false, true));
    EXPECT_THAT(world.why("web"), HasSubstr("loop of tid 7 silent"));
    EXPECT_EQ(world.second("web")->origin, Origin::stalled);
    EXPECT_THAT(signals(before[0]), ElementsAre());
    world.second_ready("web");
    EXPECT_THAT(takes_connections(world.unit("web")), ElementsAre(true, true));
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGTERM));
    world.pass(10s);
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGTERM, SIGABRT)) << "it is to show where it is";
    world.pass(2s);
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGTERM, SIGABRT, SIGKILL));
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web", 1).run, before[1]);
    EXPECT_EQ(ready(), 2u);
    EXPECT_EQ(world.at("web").restarts, 0u);
}

TEST_F(AStall, OfAllAtOnceKeepsNobodyWaiting) {
    begin(rolled(3));
    for (std::uint32_t i = 0; i < 3; ++i) stall(i);
    EXPECT_EQ(world.unit("web").beside.size(), 3u) << "nobody misses those that do nothing";
    EXPECT_THAT(takes_connections(world.unit("web")), ElementsAre(true, true, true))
        << "there is nobody else";
}

TEST_F(AStall, KeepsTheBoundOfItsUnitOnWhatRunsBeside) {
    begin(rolled(3, 1));
    for (std::uint32_t i = 0; i < 3; ++i) stall(i);
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(world.unit("web").beside.size(), 1u);
        world.second_ready("web", i);
    }
    EXPECT_EQ(ready(), 3u);
}

TEST_F(AStall, OfWhatCannotRunTwiceIsStoppedFirst) {
    begin(rolled(1, 0));
    stall(0);
    EXPECT_GT(world.at("web").run, before[0]);
    EXPECT_EQ(world.at("web").origin, Origin::stalled);
    world.ready("web");
    EXPECT_EQ(ready(), 1u);
    EXPECT_EQ(world.at("web").restarts, 0u);
}

TEST_F(AStall, IsEndedAtOnceIfThatIsTheRule) {
    begin(rolled(2));
    world.obeys = false;
    stall(0, true);
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_EQ(world.why("web"), "loop of tid 7 silent, SIGABRT sent");
    world.pass(2s);
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGABRT, SIGKILL));
    EXPECT_EQ(world.at("web").restarts, 1u) << "as after any failure";
    world.pass(1s);
    EXPECT_GT(world.at("web").run, before[0]);
    EXPECT_EQ(world.at("web").origin, Origin::stalled);
    EXPECT_EQ(world.at("web", 1).run, before[1]);
}

TEST_F(AStall, IsReplacedAgainAfterAPauseWhenTheFirstTryFails) {
    auto unit = rolled(1);
    unit.restart.max_delay = 1min;
    begin(unit);
    stall(0);
    world.pass(20s);  // It is not ready in time.
    EXPECT_TRUE(world.unit("web").beside.empty());
    EXPECT_EQ(world.at("web").run, before[0]);
    EXPECT_THAT(told(RollPhase::failed), ElementsAre(HasSubstr("replacement failed: ")));
    stall(0);
    EXPECT_TRUE(world.unit("web").beside.empty()) << "not at once";
    world.pass(1min);
    stall(0);
    EXPECT_EQ(world.unit("web").beside.size(), 1u);
}

TEST_F(AStall, OfAnotherRunOrOfWhatStopsIsNothing) {
    begin(rolled(1));
    world.happen(Stalled{world.id("web"), before[0] + 5, true, "late"});
    EXPECT_EQ(ready(), 1u);
    world.obeys = false;
    world.happen(StopRequested{world.all("web")});
    stall(0, true);
    EXPECT_EQ(world.at("web").reason, Reason::stopped);
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGTERM));
}

TEST_F(AStall, OfOneThatDrainsBesideItsSuccessorIsNothing) {
    begin(rolled(1));
    world.obeys = false;
    stall(0);
    world.second_ready("web");
    world.happen(Stalled{beside(world.id("web")), before[0], true, "still"});
    EXPECT_THAT(signals(before[0]), ElementsAre(SIGTERM));
    EXPECT_EQ(ready(), 1u);
}

TEST_F(AStall, OriginTellsARestartForANewConfigurationFromAnother) {
    begin(rolled(1));
    world.happen(RestartRequested{world.all("web"), 0, true});
    EXPECT_EQ(world.at("web").origin, Origin::reload);
    world.ready("web");
    world.happen(RestartRequested{world.all("web")});
    EXPECT_EQ(world.at("web").origin, Origin::restart);
}

}  // namespace
}  // namespace superd::core
