// [hooks] and stop-on-supervisor-exit: what they mean, and what is wrong with them.
#include "tests/unit/config/files.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using core::Hook;
using testing::ElementsAre;
using namespace std::chrono_literals;

const std::string program = "exec = [\"/bin/true\"]\n";

std::string mistake(const std::string& text) { return mistakes(one_unit(program + text)); }

const std::vector<std::string>& argv(const Unit& unit, Hook hook) {
    return unit.hooks->argv[std::to_underlying(hook)];
}

Change only_change(const std::string& before, const std::string& after) {
    const auto changes =
        difference(*parse(one_unit(program + before)), *parse(one_unit(program + after)));
    EXPECT_EQ(changes.size(), 1u);
    return changes.empty() ? Change{} : changes.front();
}

TEST(HookKeys, AreReadWithTheUnitsVariables) {
    const auto unit = parsed_unit(program + R"(env.PORT = "80"
[hooks]
pre-start = ["/bin/check", "${PORT}", "${INSTANCE}"]
on-crash = ["/bin/page"]
timeout = "5s"
on-crash-timeout = "1min"
on-crash-limit = "3 in 1h"
run-as = "superd"
)");
    ASSERT_TRUE(unit->hooks);
    EXPECT_THAT(argv(*unit, Hook::pre_start),
                ElementsAre("/bin/check", "80", std::string(1, '\0')));
    EXPECT_EQ(unit->hooks->run_as, RunAs::superd);
    const core::HookRule& rule = *unit->spec.hooks;
    EXPECT_EQ(rule.timeout(Hook::pre_start), 5s);
    EXPECT_EQ(rule.timeout(Hook::on_crash), 1min);
    EXPECT_EQ(rule.timeout(Hook::pre_stop), 0s);
    EXPECT_EQ(rule.crash_limit, 3u);
    EXPECT_EQ(rule.crash_window, 1h);
}

TEST(HookKeys, CostNothingWhereThereAreNone) {
    EXPECT_FALSE(parsed_unit(program)->hooks);
    EXPECT_FALSE(parsed_unit(program)->spec.hooks);
    EXPECT_FALSE(parsed_unit(program + "hooks.timeout = \"5s\"")->spec.hooks);
    EXPECT_EQ(
        parsed_unit(program + "hooks.pre-stop = [\"/bin/x\"]")->spec.hooks->timeout(Hook::pre_stop),
        30s);
}

TEST(HookKeys, MistakesAreTold) {
    EXPECT_EQ(mistake("hooks.pre-start = \"/bin/x\""),
              "units/web.toml:2:19: cannot use hooks.pre-start = \"/bin/x\": expected an array of "
              "strings, not a string; write [\"/bin/x\"]\n");
    EXPECT_EQ(mistake("hooks.pre-strat = [\"/bin/x\"]"),
              "units/web.toml:2:7: cannot use hooks.pre-strat: unknown key; did you mean "
              "pre-start?\n");
    EXPECT_EQ(
        mistake("hooks.pre-start = [\"bin/x\"]"),
        "units/web.toml:2:20: cannot use hooks.pre-start[0] = \"bin/x\": expected an absolute "
        "path, or a name to look up in PATH\n");
    EXPECT_EQ(mistake("hooks.pre-start = [\"/bin/x\", \"${NO}\"]")
                  .find("units/web.toml:2:30: cannot use hooks.pre-start[1] = \"${NO}\": "),
              0u);
    EXPECT_EQ(mistake("hooks.pre-stop-timeout = \"5s\""),
              "units/web.toml:2:26: cannot use hooks.pre-stop-timeout = \"5s\": there is no "
              "hooks.pre-stop; add it, or leave this out\n");
    EXPECT_EQ(mistake("hooks.on-crash-limit = \"1 in 1min\""),
              "units/web.toml:2:24: cannot use hooks.on-crash-limit = \"1 in 1min\": there is no "
              "hooks.on-crash; add it, or leave this out\n");
    EXPECT_EQ(mistake("[hooks]\npre-stop = [\"/bin/x\"]\ntimeout = \"infinity\"")
                  .find("units/web.toml:4:11: cannot use hooks.timeout = \"infinity\": "),
              0u);
    EXPECT_EQ(mistake("hooks.run-as = \"root\""),
              "units/web.toml:2:16: cannot use hooks.run-as = \"root\": expected unit or superd\n");
    EXPECT_EQ(mistake("env.SUPERD_HOOK = \"x\""),
              "units/web.toml:2:19: cannot use env.SUPERD_HOOK: superd sets this variable itself, "
              "for each run\n");
}

TEST(HookKeys, AOneshotHasThoseThatCanRun) {
    const std::string oneshot = "type = \"oneshot\"\n";
    EXPECT_EQ(mistake(oneshot + "hooks.post-start = [\"/bin/x\"]"),
              "units/web.toml:3:20: cannot use hooks.post-start: a oneshot is never ready, it "
              "completes; post-stop is told in SERVICE_RESULT whether it did\n");
    EXPECT_EQ(mistake(oneshot + "hooks.pre-stop = [\"/bin/x\"]"),
              "units/web.toml:3:18: cannot use hooks.pre-stop: a oneshot is never ready, it "
              "completes; post-stop is run after it in any case\n");
    EXPECT_EQ(mistake(oneshot + "[hooks]\npre-start = [\"/bin/x\"]\npost-stop = [\"/bin/x\"]\n"
                                "on-crash = [\"/bin/x\"]"),
              "");
}

TEST(HookKeys, AChangeIsLive) {
    const Change added = only_change("", "hooks.pre-stop = [\"/bin/x\"]");
    EXPECT_EQ(added.kind, ChangeKind::live);
    EXPECT_THAT(added.keys, ElementsAre("hooks.pre-stop"));
    EXPECT_THAT(only_change("hooks.pre-stop = [\"/bin/x\"]",
                            "[hooks]\npre-stop = [\"/bin/x\"]\ntimeout = \"1s\"")
                    .keys,
                ElementsAre("hooks.timeout"));
    EXPECT_THAT(only_change("hooks.on-crash = [\"/bin/x\"]",
                            "[hooks]\non-crash = [\"/bin/x\"]\non-crash-limit = \"1 in 1s\"\n"
                            "run-as = \"superd\"")
                    .keys,
                ElementsAre("hooks.on-crash-limit", "hooks.run-as"));
}

TEST(StopOnSupervisorExit, NeedsARestartToChange) {
    EXPECT_FALSE(parsed_unit(program)->launch.ends_with_superd);
    EXPECT_TRUE(parsed_unit(program + "stop-on-supervisor-exit = true")->launch.ends_with_superd);
    const Change change = only_change("", "stop-on-supervisor-exit = true");
    EXPECT_EQ(change.kind, ChangeKind::restart);
    EXPECT_THAT(change.keys, ElementsAre("stop-on-supervisor-exit"));
    EXPECT_EQ(mistake("stop-on-supervisor-exit = 1"),
              "units/web.toml:2:27: cannot use stop-on-supervisor-exit = 1: expected true or "
              "false, not an integer\n");
}

}  // namespace
}  // namespace superd::config
