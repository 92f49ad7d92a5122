// What can only be wrong between units.
#include "tests/unit/config/files.hpp"

namespace superd::config {
namespace {

// Units by name, each with the text of its [depends].
std::string mistakes_of(std::vector<std::pair<std::string, std::string>> units) {
    Sources sources;
    for (const auto& [name, depends] : units) {
        const std::string type = name.starts_with("once") ? "type = \"oneshot\"\n" : "\n";
        sources.files.push_back({"units/" + name + ".toml",
                                 "exec = [\"/bin/true\"]\n" + type + "[depends]\n" + depends});
    }
    return mistakes(sources);
}

TEST(Graph, RefusesUnitsThatAreNotThere) {
    EXPECT_EQ(mistakes_of({{"web", "needs = [\"database\"]"}}),
              "units/web.toml:4:10: cannot use depends.needs[0] = \"database\": there is no such "
              "unit; units/database.toml would be it\n");
    EXPECT_EQ(
        mistakes_of({{"web", "after = [{ unit = \"dv\" }]"}, {"db", ""}}),
        "units/web.toml:4:10: cannot use depends.after[0] = \"dv\": there is no such unit; did "
        "you mean \"db\"?\n");
}

TEST(Graph, RefusesAUnitThatDependsOnItself) {
    EXPECT_EQ(mistakes_of({{"web", "wants = [\"web\"]"}}),
              "units/web.toml:4:10: cannot use depends.wants[0] = \"web\": a unit cannot depend on "
              "itself\n");
}

TEST(Graph, RefusesWhatIsSaidTwice) {
    EXPECT_EQ(mistakes_of({{"db", ""}, {"web", "needs = [\"db\", \"db\"]"}}),
              "units/web.toml:4:16: cannot use depends.needs[1] = \"db\": it is in depends.needs "
              "already\n");
    EXPECT_EQ(mistakes_of({{"db", ""}, {"web", "needs = [\"db\"]\nwants = [\"db\"]"}}),
              "units/web.toml:5:10: cannot use depends.wants[0] = \"db\": it is in depends.needs "
              "already\n");
    EXPECT_EQ(mistakes_of({{"db", ""}, {"web", "needs = [\"db\"]\nafter = [\"db\"]"}}), "");
}

TEST(Graph, RefusesToWaitForTheCompletionOfAService) {
    const auto after = [](const std::string& unit) {
        return "after = [{ unit = \"" + unit + "\", when = \"completed\" }]";
    };
    EXPECT_EQ(
        mistakes_of({{"db", ""}, {"web", after("db")}}),
        "units/web.toml:4:10: cannot use depends.after[0] = \"db\": only a oneshot completes; "
        "wait until it is ready instead\n");
    EXPECT_EQ(mistakes_of({{"once", ""}, {"web", after("once")}}), "");
}

TEST(Graph, RefusesCyclesAndPrintsTheirPath) {
    EXPECT_EQ(mistakes_of({{"db", "after = [\"web\"]"}, {"web", "needs = [\"db\"]"}}),
              "units/db.toml:4:10: cannot use depends.after[0] = \"web\": each would wait for the "
              "next for ever: db → web → db\n");
    EXPECT_EQ(
        mistakes_of({{"a", "needs = [\"b\"]"},
                     {"b", "wants = [\"x\"]\nneeds = [\"x\", \"c\"]"},
                     {"c", "needs = [\"a\"]"},
                     {"x", ""}}),
        "units/a.toml:4:10: cannot use depends.needs[0] = \"b\": each would wait for the next "
        "for ever: a → b → c → a\n"
        "units/b.toml:4:10: cannot use depends.wants[0] = \"x\": it is in depends.needs "
        "already\n");
}

TEST(Graph, LetsUnitsWantEachOther) {
    EXPECT_EQ(mistakes_of({{"db", "wants = [\"web\"]"}, {"web", "wants = [\"db\"]"}}), "");
}

TEST(Graph, FollowsAChainOfAnyLength) {
    std::vector<std::pair<std::string, std::string>> units;
    for (int i = 0; i < 5000; ++i) {
        units.emplace_back("u" + std::to_string(i),
                           "needs = [\"u" + std::to_string((i + 1) % 5000) + "\"]");
    }
    EXPECT_TRUE(mistakes_of(units).starts_with("units/u0.toml:4:10: cannot use depends.needs[0]"));
    units.back().second.clear();
    EXPECT_EQ(mistakes_of(units), "");
}

}  // namespace
}  // namespace superd::config
