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

// Units by name, each with its whole text; one without is a service.
std::string mistakes_in(std::vector<std::pair<std::string, std::string>> units) {
    Sources sources;
    for (const auto& [name, text] : units) {
        const std::string service = "exec = [\"/bin/true\"]\n";
        const bool group = text.contains("members");
        sources.files.push_back(
            {"units/" + name + ".toml", (group ? "type = \"group\"\n" : service) + text});
    }
    return mistakes(sources);
}

TEST(Graph, GivesAUnitOneGroup) {
    EXPECT_EQ(mistakes_in({{"a", ""}, {"g", "members = [\"a\", \"a\"]"}}),
              "units/g.toml:2:17: cannot use members[1] = \"a\": it is in members already\n");
    EXPECT_EQ(mistakes_in({{"a", ""}, {"g", "members = [\"a\"]"}, {"h", "members = [\"a\"]"}}),
              "units/h.toml:2:12: cannot use members[0] = \"a\": it is a member of g already; a "
              "unit has one group\n");
}

TEST(Graph, RefusesCyclesThroughGroups) {
    EXPECT_EQ(mistakes_in({{"g", "members = [\"h\"]"}, {"h", "members = [\"g\"]"}}),
              "units/g.toml:2:12: cannot use members[0] = \"h\": each would wait for the next for "
              "ever: g → h → g\n");
    EXPECT_EQ(
        mistakes_in({{"a", "depends.needs = [\"g\"]"}, {"g", "members = [\"a\"]"}}),
        "units/a.toml:2:18: cannot use depends.needs[0] = \"g\": each would wait for the next "
        "for ever: a → g → a\n");
    // What a group depends on, its members wait for.
    EXPECT_EQ(mistakes_in({{"a", ""},
                           {"db", "depends.needs = [\"a\"]"},
                           {"g", "members = [\"a\"]\ndepends.needs = [\"db\"]"}}),
              "units/g.toml:3:18: cannot use depends.needs[0] = \"db\": each would wait for the "
              "next for ever: a → db → a\n");
    EXPECT_EQ(
        mistakes_in({{"a", ""}, {"g", "members = [\"a\"]\ndepends.needs = [\"a\"]"}}),
        "units/g.toml:3:18: cannot use depends.needs[0] = \"a\": each would wait for the next "
        "for ever: a → a\n");
    // At any depth, and what comes before their group too.
    EXPECT_EQ(mistakes_in({{"a", ""},
                           {"db", "depends.needs = [\"a\"]"},
                           {"g", "members = [\"a\"]"},
                           {"h", "members = [\"g\"]\ndepends.needs = [\"db\"]"}}),
              "units/h.toml:3:18: cannot use depends.needs[0] = \"db\": each would wait for the "
              "next for ever: a → db → a\n");
    EXPECT_EQ(mistakes_in({{"a", ""},
                           {"b", "depends.needs = [\"a\"]"},
                           {"g", "members = [\"a\"]"},
                           {"h", "members = [\"b\", \"g\"]\nstrategy = \"rest-for-one\""}}),
              "units/h.toml:2:17: cannot use members[1] = \"g\": each would wait for the next for "
              "ever: a → b → a\n");
    const std::string order = "members = [\"a\", \"b\"]\nstrategy = \"rest-for-one\"";
    EXPECT_EQ(
        mistakes_in({{"a", "depends.needs = [\"b\"]"}, {"b", ""}, {"g", order}}),
        "units/a.toml:2:18: cannot use depends.needs[0] = \"b\": each would wait for the next "
        "for ever: a → b → a\n");
    EXPECT_EQ(mistakes_in({{"a", ""}, {"b", "depends.needs = [\"a\"]"}, {"g", order}}), "");
}

TEST(Graph, LetsAGroupWithASignificantMemberComplete) {
    const std::string web = "depends.after = [{ unit = \"g\", when = \"completed\" }]";
    const std::string group = "members = [\"a\"]\n";
    EXPECT_EQ(mistakes_in({{"a", ""}, {"g", group + "significant = [\"a\"]"}, {"web", web}}), "");
    EXPECT_NE(mistakes_in({{"a", ""}, {"g", group}, {"web", web}}), "");
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
