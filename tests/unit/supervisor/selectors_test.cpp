#include "supervisor/selectors.hpp"

#include "tests/unit/core/share.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

core::System three_units() {
    core::System system{1};
    std::vector<core::UnitSpec> specs;
    for (const auto& [name, instances] : {std::pair{"api", 3u}, {"web", 1u}, {"worker", 2u}}) {
        core::UnitSpec spec;
        spec.name = name;
        spec.instances = instances;
        spec.autostart = false;
        spec.stop = {{SIGTERM, std::chrono::seconds{1}}};
        specs.push_back(std::move(spec));
    }
    system.apply(core::share(std::move(specs)), core::Instant{});
    return system;
}

std::vector<std::string> names(const Operations::Selected& selected) {
    std::vector<std::string> result;
    for (const Target& target : selected.targets) {
        const bool whole = target.index == core::all_instances;
        result.push_back(target.unit + (whole ? "" : "/" + std::to_string(target.index)));
    }
    return result;
}

class SelectorsTest : public testing::Test {
protected:
    core::System system = three_units();
    Operations::Selected select(const std::vector<std::string>& selectors) const {
        return select_targets(system, selectors);
    }
};

TEST_F(SelectorsTest, NothingSelectsEveryUnit) {
    EXPECT_THAT(names(select({})), ElementsAre("api", "web", "worker"));
}

TEST_F(SelectorsTest, NamesInstancesAndPatterns) {
    EXPECT_THAT(names(select({"web"})), ElementsAre("web"));
    EXPECT_THAT(names(select({"api/2", "api/0"})), ElementsAre("api/0", "api/2"));
    EXPECT_THAT(names(select({"w*"})), ElementsAre("web", "worker"));
    EXPECT_THAT(names(select({"w*/1"})), ElementsAre("worker/1"));
    EXPECT_THAT(names(select({"?eb", "[a-b]pi"})), ElementsAre("api", "web"));
}

TEST_F(SelectorsTest, EachTargetOnceAndTheWholeUnitCoversItsInstances) {
    EXPECT_THAT(names(select({"api/1", "api", "api/1", "web", "w*"})),
                ElementsAre("api", "web", "worker"));
}

TEST_F(SelectorsTest, AMistakeIsNamedWithASuggestion) {
    EXPECT_EQ(select({"wbe"}).error, "no unit is called \"wbe\"; did you mean \"web\"?");
    EXPECT_EQ(select({"zzzzzz"}).error, "no unit is called \"zzzzzz\"");
    EXPECT_EQ(select({"z*"}).error, "no unit matches \"z*\"");
    EXPECT_EQ(select({"web/1"}).error,
              "no instance is called \"web/1\": web has 1 instance, numbered from 0");
    EXPECT_THAT(select({"api/x"}).error, HasSubstr("after the slash"));
    EXPECT_THAT(select({"api/"}).error, HasSubstr("after the slash"));
    EXPECT_THAT(select({"web", "wbe"}).error, HasSubstr("wbe"));
}

TEST_F(SelectorsTest, ATargetStandsForItsInstances) {
    EXPECT_EQ(instances_of(system, {"api", core::all_instances}).size(), 3u);
    ASSERT_EQ(instances_of(system, {"api", 1}).size(), 1u);
    EXPECT_EQ(instances_of(system, {"api", 1})[0].index, 1u);
    EXPECT_TRUE(instances_of(system, {"api", 3}).empty());
    EXPECT_TRUE(instances_of(system, {"gone", core::all_instances}).empty());
}

}  // namespace
}  // namespace superd::supervisor
