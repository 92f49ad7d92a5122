#include "tests/unit/core/world.hpp"

namespace superd::core {
namespace {

UnitSpec of(std::uint32_t instances) {
    auto made = spec("web");
    made.instances = instances;
    return made;
}

std::vector<RunId> runs(const World& world) {
    std::vector<RunId> found;
    for (const Instance& i : world.unit("web").instances) {
        if (alive(i)) found.push_back(i.run);
    }
    return found;
}

TEST(Scale, OnlyInstancesThatComeOrGoNotice) {
    World world{{of(2)}};
    const auto before = runs(world);
    world.happen(ScaleRequested{world.unit("web").id, 4, 1});
    EXPECT_EQ(world.answer(1), Outcome::done);
    ASSERT_EQ(runs(world).size(), 4u);
    EXPECT_EQ(world.at("web", 0).run, before[0]);
    EXPECT_EQ(world.at("web", 1).run, before[1]);
    world.happen(ScaleRequested{world.unit("web").id, 1, 2});
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_EQ(runs(world), std::vector{before[0]});
    EXPECT_EQ(world.unit("web").instances.size(), 1u);
}

TEST(Scale, WaitsForWhatComesAndForWhatGoes) {
    auto slow = of(2);
    slow.awaits_ready = true;
    World world{{slow}};
    world.ready("web", 0);
    world.ready("web", 1);
    world.happen(ScaleRequested{world.unit("web").id, 3, 1});
    EXPECT_FALSE(world.answered(1));
    world.ready("web", 2);
    EXPECT_EQ(world.answer(1), Outcome::done);
    world.obeys = false;
    world.happen(ScaleRequested{world.unit("web").id, 1, 2});
    EXPECT_FALSE(world.answered(2)) << "two of them ignore SIGTERM";
    world.pass(11s);
    EXPECT_EQ(world.answer(2), Outcome::done);
}

TEST(Scale, FailsWhenWhatIsNewDoesAndNotForWhatWasThere) {
    auto slow = of(1);
    slow.awaits_ready = true;
    World world{{slow}};
    world.exit("web", {.code = 1});
    ASSERT_EQ(world.state("web"), State::backoff);
    world.happen(ScaleRequested{world.unit("web").id, 2, 1});
    EXPECT_FALSE(world.answered(1)) << "that the first one failed is nothing new";
    world.exit("web", {.code = 1}, 1);
    EXPECT_EQ(world.answer(1), Outcome::failed);
}

TEST(Scale, ALaterNumberSupersedesAnEarlierOne) {
    auto slow = of(1);
    slow.awaits_ready = true;
    World world{{slow}};
    world.ready("web");
    world.happen(ScaleRequested{world.unit("web").id, 3, 1});
    world.happen(ScaleRequested{world.unit("web").id, 1, 2});
    EXPECT_EQ(world.answer(1), Outcome::superseded);
    EXPECT_EQ(world.answer(2), Outcome::done);
    world.happen(ScaleRequested{world.unit("web").id, 2, 3});
    world.happen(StopRequested{world.all("web"), 4});
    EXPECT_EQ(world.answer(3), Outcome::superseded);
}

TEST(Scale, WorksForWhatDoesNotRun) {
    World world{{of(1)}};
    world.happen(StopRequested{world.all("web"), 1});
    world.happen(ScaleRequested{world.unit("web").id, 3, 2});
    EXPECT_EQ(world.answer(2), Outcome::done);
    EXPECT_TRUE(runs(world).empty());
    world.happen(StartRequested{world.all("web"), 3});
    EXPECT_EQ(runs(world).size(), 3u);
}

TEST(Scale, HoldsUntilTheFileSaysAnotherNumber) {
    World world{{of(2)}};
    world.happen(ScaleRequested{world.unit("web").id, 4, 1});
    world.apply({of(2)});
    EXPECT_EQ(runs(world).size(), 4u) << "the file says what it said";
    world.apply({of(3)});
    EXPECT_EQ(runs(world).size(), 3u);
    EXPECT_EQ(world.unit("web").scaled, 0u);
}

TEST(Scale, ResetGoesBackToTheFilesNumber) {
    World world{{of(2)}};
    world.happen(ScaleRequested{world.unit("web").id, 1, 1});
    EXPECT_EQ(world.unit("web").scaled, 1u);
    world.happen(ScaleRequested{world.unit("web").id, 0, 2});
    EXPECT_EQ(world.unit("web").scaled, 0u);
    EXPECT_EQ(runs(world).size(), 2u);
    world.happen(ScaleRequested{world.unit("web").id, 2, 3});
    EXPECT_EQ(world.unit("web").scaled, 0u) << "what the file says anyway";
}

TEST(Scale, SurvivesTheSupervisor) {
    World world;
    std::vector<Restored> restored;
    for (std::uint32_t index = 0; index < 3; ++index) {
        Restored one{.unit = "web", .index = index, .scaled = 3};
        one.instance.goal = Goal::up;
        one.instance.state = State::ready;
        one.instance.reason = Reason::running;
        one.instance.run = 10 + index;
        one.instance.pid = 100 + static_cast<std::int32_t>(index);
        restored.push_back(std::move(one));
    }
    world.adopt({of(1)}, std::move(restored));
    EXPECT_EQ(runs(world), (std::vector<RunId>{10, 11, 12}));
}

TEST(Scale, RefusesGroupsAndWhatIsTooMany) {
    auto group = spec("front");
    group.type = UnitType::group;
    group.group = std::make_shared<GroupRule>(GroupRule{.members = {"web"}});
    World world{{of(1), group}};
    world.happen(ScaleRequested{world.unit("front").id, 2, 1});
    EXPECT_EQ(world.answer(1), Outcome::failed);
    world.happen(ScaleRequested{world.unit("web").id, UnitSpec::instances_max + 1, 2});
    EXPECT_EQ(world.answer(2), Outcome::failed);
    world.happen(ScaleRequested{99, 2, 3});
    EXPECT_EQ(world.answer(3), Outcome::failed);
    EXPECT_EQ(runs(world).size(), 1u);
}

}  // namespace
}  // namespace superd::core
