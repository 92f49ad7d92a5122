#include "tests/unit/core/world.hpp"

#include <gmock/gmock.h>

namespace superd::core {
namespace {

// "waits-on db ready, needs x": the chain in words.
std::vector<std::string> chain(const World& world, std::string_view name) {
    std::vector<std::string> words;
    for (const Cause& cause : world.system.causes(world.id(name))) {
        std::string text{to_string(cause.because)};
        text += " " + world.system.find(cause.instance.unit)->spec->name;
        if (cause.via != 0) text += " via " + world.system.find(cause.via)->spec->name;
        words.push_back(std::move(text));
    }
    return words;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Cause, WhatRunsOrWasStoppedHasNone) {
    World world{{spec("web")}};
    EXPECT_THAT(chain(world, "web"), IsEmpty());
    world.happen(StopRequested{world.all("web")});
    EXPECT_THAT(chain(world, "web"), IsEmpty());
    EXPECT_FALSE(world.system.cause({99, 0}));
}

TEST(Cause, GoesThroughDependenciesToTheRoot) {
    auto db = spec("db");
    db.awaits_ready = true;
    World world{{db, needing("api", "db"), needing("web", "api")}};
    EXPECT_THAT(chain(world, "web"), ElementsAre("waits-on api", "waits-on db"));
    world.ready("db");
    EXPECT_THAT(chain(world, "web"), IsEmpty());
}

TEST(Cause, TellsWhatIsWaitedForAndWhetherItIsNeeded) {
    auto migrate = spec("migrate");
    migrate.type = UnitType::oneshot;
    World world{{migrate, needing("web", "migrate", DependencyKind::after, When::completed)}};
    const auto cause = world.system.cause(world.id("web"));
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->because, Because::waits_on);
    EXPECT_EQ(cause->when, When::completed);
    EXPECT_TRUE(cause->order_only);
}

TEST(Cause, OfSeveralInstancesItIsTheOneThatIsNotThere) {
    auto db = spec("db");
    db.instances = 2;
    db.awaits_ready = true;
    World world{{db, needing("web", "db")}};
    world.ready("db", 0);
    const auto cause = world.system.cause(world.id("web"));
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->instance, world.id("db", 1));
}

TEST(Cause, AnEndByALostNeedNamesIt) {
    auto db = spec("db");
    db.restart.policy = RestartPolicy::never;
    World world{{db, needing("web", "db")}};
    world.obeys = false;
    world.exit("db", {.code = 1});
    EXPECT_EQ(world.state("web"), State::stopping);
    EXPECT_THAT(chain(world, "web"), ElementsAre("needs db"));
}

TEST(Cause, WhatStaysForItsDependentsNamesThem) {
    World world{{spec("db"), needing("web", "db")}};
    world.obeys = false;
    world.happen(StopRequested{world.all("web")});
    world.happen(StopRequested{world.all("db")});
    EXPECT_THAT(chain(world, "db"), ElementsAre("dependents web"));
}

TEST(Cause, WhenSuperdStopsItIsTheEssentialUnit) {
    auto db = spec("db");
    db.essential = true;
    db.restart.policy = RestartPolicy::never;
    World world{{db, spec("web")}};
    world.obeys = false;
    world.exit("db", {.code = 4});
    EXPECT_THAT(chain(world, "web"), ElementsAre("essential db"));
    EXPECT_THAT(chain(world, "db"), IsEmpty());
}

class GroupCause : public testing::Test {
protected:
    static UnitSpec group(Strategy strategy, std::uint32_t limit = 0) {
        auto made = spec("shop");
        made.type = UnitType::group;
        made.group = std::make_shared<GroupRule>(GroupRule{.members = {"a", "b"},
                                                           .significant = {},
                                                           .strategy = strategy,
                                                           .limit = limit,
                                                           .window = 60s});
        return made;
    }
};

TEST_F(GroupCause, AMemberThatIsStartedAgainNamesWhoFailed) {
    World world{{spec("a"), spec("b"), group(Strategy::one_for_all)}};
    world.obeys = false;
    world.exit("a", {.code = 1});
    EXPECT_THAT(chain(world, "b"), ElementsAre("group-restart a via shop"));
    world.pass(5s);
    EXPECT_THAT(chain(world, "a"), ElementsAre("group-wait b via shop"));
}

TEST_F(GroupCause, AGroupNamesTheMemberThatIsNotUp) {
    auto a = spec("a");
    a.awaits_ready = true;
    World world{{a, spec("b"), group(Strategy::one_for_one)}};
    EXPECT_THAT(chain(world, "shop"), ElementsAre("member a"));
}

TEST_F(GroupCause, AnEndedGroupIsTheCauseAndItsMemberTheRoot) {
    World world{{spec("a"), spec("b"), group(Strategy::one_for_one, 1)}};
    world.exit("a", {.code = 1});
    world.pass(1s);
    world.exit("a", {.code = 1});
    EXPECT_THAT(chain(world, "b"), ElementsAre("group-ended shop", "member a"));
    EXPECT_THAT(chain(world, "shop"), ElementsAre("member a"));
}

}  // namespace
}  // namespace superd::core
