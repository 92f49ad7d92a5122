// What a plan says of the keys that change.
#include "config/wording.hpp"

#include "config/schema.hpp"
#include "tests/unit/config/files.hpp"
#include "tests/unit/config/one_key.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> told(const Sources& before, const Sources& after) {
    const auto a = parse(before), b = parse(after);
    EXPECT_EQ(mistakes(before) + mistakes(after), "");
    if (!a || !b) return {};
    Wording wording_before{before}, wording_after{after};
    std::vector<std::string> lines;
    for (const auto& change : difference(*a, *b)) {
        for (const auto& key : explain(change, wording_before, wording_after)) {
            lines.push_back(key.key + ": " + key.before.value_or("-") + " > " +
                            key.after.value_or("-") + (key.restarts ? " restarts" : ""));
        }
    }
    return lines;
}

TEST(Wording, SaysFromWhatToWhat) {
    EXPECT_THAT(told(one_unit("exec = [\"/a\", \"b\"]\n[restart]\nnever-on = [1]"),
                     one_unit("exec = [\"/a\"]\numask = \"0077\"\n[restart]\n"
                              "never-on = [1, \"SIGHUP\"]\nlimit = \"1 in 1s\"")),
                ElementsAre("exec: [\"/a\", \"b\"] > [\"/a\"] restarts",
                            "umask: \"0022\" > \"0077\" restarts", "restart.limit: - > \"1 in 1s\"",
                            "restart.never-on: [1] > [1, \"SIGHUP\"]"));
}

TEST(Wording, NeverSaysWhatAVariableIs) {
    const auto sources = [](const std::string& value) {
        return Sources{{{"superd.toml", "variables.TOKEN = \"" + value + "\""},
                        {"units/web.toml",
                         "exec = [\"/a\", \"--token=${TOKEN}\"]\n"
                         "env.KEY = \"" +
                             value + "\""}}};
    };
    EXPECT_THAT(told(sources("secret"), sources("hidden")),
                ElementsAre("exec: [\"/a\", \"--token=${TOKEN}\"] > [\"/a\", \"--token=${TOKEN}\"] "
                            "restarts",
                            "env.KEY: - > - restarts"));
}

TEST(Wording, KnowsDropInsAndTheDefaultsOfAllUnits) {
    const std::string program = "exec = [\"/a\"]\n";
    const Sources before{{{"superd.toml", "log.keep = 7"}, {"units/web.toml", program}}};
    const Sources after{{{"superd.toml", "log.keep = 7"},
                         {"units/web.toml", program},
                         {"units/web.d/10.toml", "log.keep = 9"}}};
    EXPECT_THAT(told(before, after), ElementsAre("log.keep: 7 > 9"));
    EXPECT_THAT(Wording{after}.files("web"), ElementsAre("units/web.toml", "units/web.d/10.toml"));
    EXPECT_THAT(Wording{after}.files("gone"), IsEmpty());
}

// Every key, its default on one side (or what it takes instead of one) and its example on the
// other: what the table says of a change is what a reload would do.
TEST(Changes, AreLiveOrNeedARestartAsTheTableOfKeysSays) {
    for (const auto& key : unit_schema().keys) {
        if (key.form == Form::account) continue;  // Not every machine has those of the examples.
        if (key.section() == "check") {
            // All of a check is told as one.
            EXPECT_EQ(key.applies, Applies::live) << key.path;
            continue;
        }
        // What these say reaches a unit as env, which is told instead.
        if (key.path == "env-file" || key.path == "pass-env") continue;
        // With it the module is another one, too.
        if (key.path == "language") continue;
        auto before = unit_before(key);
        const auto after = unit_with(key, key.example);
        if (key.path == "exec") before += "exec = [\"/bin/false\"]\n";
        if (key.path == "members") before += "members = [\"net\"]\n";
        if (key.path == "module") before += "module = \"/lib/other.so\"\n";
        if (key.path == "timer.every") before += "timer.every = \"2h\"\n";
        if (key.path == "timer.at") before += "timer.at = \"daily 00:00\"\n";
        std::vector<Sources::File> others;
        for (const auto* name : {"db", "cache", "net"}) {
            others.push_back({std::string{"units/"} + name + ".toml", "exec = [\"/bin/true\"]"});
        }
        others.push_back({"units/migrate.toml", "exec = [\"/bin/true\"]\ntype = \"oneshot\""});
        auto sources_before = one_unit(before), sources_after = one_unit(after);
        for (auto* sources : {&sources_before, &sources_after}) {
            sources->files.insert(sources->files.end(), others.begin(), others.end());
        }
        const auto a = parse(sources_before), b = parse(sources_after);
        ASSERT_TRUE(a && b) << key.path << "\n"
                            << mistakes(sources_before) << mistakes(sources_after);
        const auto changes = difference(*a, *b);
        ASSERT_EQ(changes.size(), 1u) << key.path;
        EXPECT_EQ(changes[0].kind == ChangeKind::restart, key.applies == Applies::restart)
            << key.path;
        for (const auto& told : changes[0].keys) {
            // How long a module's stop is waited for follows from it.
            if (key.path == "drain-timeout" && told == "stop.signals") continue;
            EXPECT_EQ(told.substr(0, key.path.size()), key.path);
        }
    }
}

}  // namespace
}  // namespace superd::config
