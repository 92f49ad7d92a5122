#include "supervisor/accepted.hpp"

#include "supervisor/definitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::Sources sources(std::vector<std::pair<std::string, std::string>> units) {
    config::Sources result;
    for (auto& [name, text] : units) {
        result.files.push_back({"units/" + name + ".toml", std::move(text)});
    }
    return result;
}

std::string unit(const std::string& argument, const std::string& rest = "") {
    return "exec = [\"/bin/echo\", \"" + argument + "\"]\n" + rest;
}

std::vector<std::string> arguments(const config::Configuration& configuration) {
    std::vector<std::string> result;
    for (const auto& each : configuration.units) {
        result.push_back(each->spec.name + "=" + each->launch.argv.at(1));
    }
    return result;
}

std::vector<std::string> arguments(const Accepted& accepted) {
    const auto configuration = realize(accepted);
    EXPECT_TRUE(configuration);
    return configuration ? arguments(*configuration) : std::vector<std::string>{};
}

Accepted through_bytes(const Accepted& accepted) {
    auto back = Accepted::deserialize(accepted.serialize());
    EXPECT_TRUE(back);
    return back ? std::move(*back) : Accepted{};
}

TEST(Accepted, SurvivesASupervisor) {
    const auto first = succeed({}, sources({{"a", unit("1")}, {"b", unit("1")}}), {});
    EXPECT_THAT(arguments(through_bytes(first)), ElementsAre("a=1", "b=1"));
}

TEST(Accepted, UnitsThatWaitForARestartKeepTheirDefinition) {
    auto accepted = succeed({}, sources({{"a", unit("1")}, {"b", unit("1")}}), {});
    accepted = succeed(through_bytes(accepted),
                       sources({{"a", unit("2")}, {"b", unit("2")}, {"c", unit("2")}}), {"a"});
    EXPECT_THAT(arguments(through_bytes(accepted)), ElementsAre("a=1", "b=2", "c=2"));
    // Again, and another one of a later generation.
    accepted = succeed(through_bytes(accepted),
                       sources({{"a", unit("3")}, {"b", unit("3")}, {"c", unit("3")}}), {"a", "c"});
    EXPECT_THAT(arguments(through_bytes(accepted)), ElementsAre("a=1", "b=3", "c=2"));
    // What nobody uses any more is not kept.
    accepted = succeed(through_bytes(accepted),
                       sources({{"a", unit("4")}, {"b", unit("4")}, {"c", unit("4")}}), {});
    EXPECT_EQ(accepted.generations.size(), 1u);
    EXPECT_THAT(arguments(accepted), ElementsAre("a=4", "b=4", "c=4"));
}

TEST(Accepted, RefusesWhatIsDamaged) {
    auto accepted = succeed({}, sources({{"a", unit("1")}}), {});
    accepted = succeed(std::move(accepted), sources({{"a", unit("2")}}), {"a"});
    const std::string good = accepted.serialize();
    ASSERT_TRUE(Accepted::deserialize(good));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(Accepted::deserialize(good.substr(0, size))) << size;
    }
    EXPECT_FALSE(Accepted::deserialize(good + "x"));
    EXPECT_FALSE(Accepted::deserialize("superd accepted 1\n1\n99999999999999999999\n"));
}

TEST(Accepted, FindsACircleThatOnlyAMixtureHas) {
    const std::string needs_b = "[depends]\nneeds = [\"b\"]\n";
    const std::string needs_a = "[depends]\nneeds = [\"a\"]\n";
    auto accepted = succeed({}, sources({{"a", unit("1", needs_b)}, {"b", unit("1")}}), {});
    EXPECT_EQ(find_cycle(*realize(accepted)), "");
    accepted =
        succeed(std::move(accepted), sources({{"a", unit("2")}, {"b", unit("1", needs_a)}}), {"a"});
    EXPECT_EQ(find_cycle(*realize(accepted)), "a -> b -> a");
}

TEST(Definitions, KeepThoseThatLeaveUntilTheyAreForgotten) {
    Definitions definitions;
    definitions.replace(*config::parse(sources({{"a", unit("1")}, {"b", unit("1")}})));
    EXPECT_EQ(definitions.find("c"), nullptr);
    definitions.replace(*config::parse(sources({{"b", unit("2")}, {"c", unit("2")}})));
    ASSERT_NE(definitions.find("a"), nullptr);
    EXPECT_EQ(definitions.find("b")->launch.argv.at(1), "2");
    EXPECT_EQ(definitions.specs().size(), 2u);
    definitions.forget("a");
    EXPECT_EQ(definitions.find("a"), nullptr);
}

}  // namespace
}  // namespace superd::supervisor
