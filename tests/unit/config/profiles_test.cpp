// Profiles: files laid over a configuration when they are asked for.
#include "config/wording.hpp"
#include "tests/unit/config/files.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr std::string_view program = "exec = [\"/bin/true\"]\n";

// A directory with two profiles.
class Profiles : public testing::Test {
protected:
    Profiles() {
        directory.write("units/web.toml",
                        std::string{program} + "env = { A = \"base\", B = \"base\" }");
        directory.write("units/web.d/10.toml", "env.B = \"drop-in\"\nenv.C = \"drop-in\"");
        directory.write("profiles/prod/units/web.toml", "env.C = \"prod\"\nenv.D = \"prod\"");
        directory.write("profiles/prod/units/web.d/10.toml", "env.D = \"prod drop-in\"");
        directory.write("profiles/prod/superd.toml", "[supervisor]\nheartbeat = \"1s\"");
        directory.write("profiles/prod/units/extra.toml", program);
        directory.write("profiles/test/units/web.toml", "env.A = \"test\"");
    }

    std::string mistakes_with(const std::vector<std::string>& profiles) const {
        const auto sources = read_sources(directory.path(), profiles);
        if (sources) return mistakes(*sources);
        std::string lines;
        for (const auto& diagnostic : sources.error()) lines += diagnostic.text() + "\n";
        return lines;
    }
    Configuration with(const std::vector<std::string>& profiles) const {
        EXPECT_EQ(mistakes_with(profiles), "");
        auto sources = read_sources(directory.path(), profiles);
        return sources ? parse(*sources).value_or(Configuration{}) : Configuration{};
    }

    TemporaryDirectory directory;
};

TEST_F(Profiles, AreNotReadUnlessTheyAreAskedFor) {
    directory.write("profiles/prod/units/broken.toml", "nonsense");
    const auto plain = with({});
    ASSERT_EQ(plain.units.size(), 1u);
    EXPECT_THAT(plain.units[0]->launch.env, ElementsAre("A=base", "B=drop-in", "C=drop-in"));
    EXPECT_EQ(plain.settings.heartbeat, 10s);
}

TEST_F(Profiles, AreLaidOverWhatIsThereInOrder) {
    const auto prod = with({"prod"});
    ASSERT_EQ(prod.units.size(), 2u);
    EXPECT_EQ(prod.units[0]->spec.name, "extra");
    EXPECT_THAT(prod.units[0]->source.files, ElementsAre("profiles/prod/units/extra.toml"));
    EXPECT_THAT(prod.units[1]->launch.env,
                ElementsAre("A=base", "B=drop-in", "C=prod", "D=prod drop-in"));
    EXPECT_THAT(prod.units[1]->source.files,
                ElementsAre("units/web.toml", "units/web.d/10.toml", "profiles/prod/units/web.toml",
                            "profiles/prod/units/web.d/10.toml"));
    EXPECT_EQ(prod.settings.heartbeat, 1s);
    const auto both = with({"prod", "test", "prod"});
    EXPECT_THAT(both.units[1]->launch.env,
                ElementsAre("A=test", "B=drop-in", "C=prod", "D=prod drop-in"));
}

TEST_F(Profiles, AreChosenInTheSettingsTooAndTheCommandLineComesLast) {
    directory.write("superd.toml", "profiles = [\"test\"]\n");
    directory.write("profiles/prod/units/web.toml", "env.A = \"prod\"");
    EXPECT_EQ(with({}).units[0]->launch.env[0], "A=test");
    EXPECT_EQ(with({"prod"}).units[1]->launch.env[0], "A=prod");
}

TEST_F(Profiles, OneMayLayItsFileOverAUnitOfAnother) {
    directory.write("units/extra.d/10.toml", "env.X = \"drop-in\"");
    directory.write("profiles/test/units/extra.toml", "env.X = \"test\"");
    const auto both = with({"prod", "test"});
    EXPECT_THAT(both.units[0]->launch.env, ElementsAre("X=test"));
    EXPECT_THAT(both.units[0]->source.files,
                ElementsAre("profiles/prod/units/extra.toml", "units/extra.d/10.toml",
                            "profiles/test/units/extra.toml"));
}

TEST_F(Profiles, MistakesAreToldWhereTheyAre) {
    EXPECT_EQ(
        mistakes_with({"prdo"}),
        "superd --profile prdo: cannot use this: there is no directory profiles/prdo; did you "
        "mean \"prod\"?\n");
    EXPECT_EQ(
        mistakes_with({"../prod"}),
        "superd --profile ../prod: cannot use this: \"../prod\" is no profile's name; it has 1 "
        "to 64 letters, digits and @ _ . : - only, and no . or - first\n");
    directory.write("profiles/test/units/web.toml", "[restart]\npolicy = \"alway\"");
    EXPECT_EQ(mistakes_with({"test"}),
              "profiles/test/units/web.toml:2:10: cannot use restart.policy = \"alway\": expected "
              "always, on-failure or never; did you mean \"always\"?\n");
    directory.write("profiles/test/units/web.toml", "env.A = \"test\"");
    directory.write("profiles/test/units/wbe.toml", "env.A = \"test\"");
    EXPECT_EQ(mistakes_with({"test"}),
              "profiles/test/units/wbe.toml: cannot use this unit: exec is missing; write exec = "
              "[\"/path/to/program\", \"argument\"]\n");
    directory.write("profiles/prod/units/wbe.d/1.toml", "env.A = \"test\"");
    EXPECT_EQ(mistakes_with({"prod"}),
              "profiles/prod/units/wbe.d: cannot use these drop-ins: there is no unit wbe; did you "
              "mean units/web.d?\n");
}

TEST_F(Profiles, MistakesInTheSettingsAreToldWhereTheyAre) {
    directory.write("superd.toml", "\nprofiles = [\"prod\", \"tset\"]\n");
    EXPECT_EQ(mistakes_with({}),
              "superd.toml:2:21: cannot use profiles: there is no directory profiles/tset; did you "
              "mean \"test\"?\n");
    directory.write("superd.toml", "profiles = \"prod\"\n");
    EXPECT_EQ(
        mistakes_with({}),
        "superd.toml:1:12: cannot use profiles = \"prod\": expected an array of strings, not a "
        "string; write [\"prod\"]\n");
    directory.write("superd.toml", "");
    directory.write("profiles/test/superd.toml", "profiles = [\"prod\"]\n");
    EXPECT_EQ(mistakes_with({"test"}),
              "profiles/test/superd.toml:1:12: cannot use profiles: only superd.toml "
              "itself and superd --profile choose profiles\n");
    directory.write("profiles/test/superd.toml", "[supervisor]\nheartbeet = 1");
    EXPECT_EQ(mistakes_with({"test"}).find("profiles/test/superd.toml:2:1: "), 0u);
}

TEST_F(Profiles, OutliveTheSupervisorWithTheFiles) {
    const auto sources = read_sources(directory.path(), {"prod"});
    ASSERT_TRUE(sources);
    const auto again = Sources::deserialize(sources->serialize());
    ASSERT_TRUE(again);
    EXPECT_THAT(again->profiles, ElementsAre("prod"));
    EXPECT_EQ(parse(*again)->units.size(), 2u);
    Wording wording{*again};
    EXPECT_EQ(wording.files("web").size(), 4u);
    EXPECT_THAT(wording.files("extra"), ElementsAre("profiles/prod/units/extra.toml"));
}

}  // namespace
}  // namespace superd::config
