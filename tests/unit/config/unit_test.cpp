// What a good unit's file means.
#include "config/instance_text.hpp"
#include "tests/unit/config/files.hpp"

#include <csignal>

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Unit, NeedsNothingButAProgram) {
    const auto unit = parsed_unit("exec = [\"/bin/true\"]");
    EXPECT_EQ(unit->spec.name, "web");
    EXPECT_EQ(unit->spec.type, core::UnitType::service);
    EXPECT_TRUE(unit->spec.autostart);
    EXPECT_FALSE(unit->spec.awaits_ready);
    EXPECT_EQ(unit->spec.instances, 1u);
    EXPECT_THAT(unit->launch.argv, ElementsAre("/bin/true"));
    EXPECT_THAT(unit->launch.env, IsEmpty());
    EXPECT_EQ(unit->launch.uid, static_cast<uid_t>(-1));
    EXPECT_EQ(unit->ready, nullptr);
    ASSERT_EQ(unit->spec.stop.size(), 2u);
    EXPECT_EQ(unit->spec.stop[0].signal, SIGTERM);
    EXPECT_EQ(unit->spec.stop[0].patience, 10s);
    EXPECT_EQ(unit->spec.stop[1].signal, SIGKILL);
    EXPECT_EQ(unit->spec.stop[1].patience, 5s);
    EXPECT_THAT(unit->source.files, ElementsAre("units/web.toml"));
    EXPECT_EQ(unit->source.exec.line, 1);
    EXPECT_EQ(unit->source.directory.line, 0);
}

// A unit with every key but those that exclude each other.
constexpr const char* full = R"(
description = "Shop front"
type = "service"
exec = ["/usr/bin/node", "server.js", "--port", "${PORT}"]
env = { PORT = "8080" }
instances = 3
directory = "/srv/${PORT}"
umask = "027"
autostart = false
[restart]
policy = "always"
delay = "0s"
max-delay = "1min 30s"
factor = 3
jitter = 0
stable-after = "1h"
limit = "10 in 1min"
on-limit = "fail"
success-codes = [0, 3, "SIGUSR1"]
never-on = [78, 78]
always-on = ["SIGHUP"]
[ready]
http = "http://[::1]:${PORT}/healthz?full=1"
timeout = "1min"
every = "250ms"
[stop]
signals = ["SIGQUIT", ["SIGRTMIN+1", "1.5s"]]
[log]
format = "json"
when-full = "block"
compress = false
foreground = false
foreground-format = "json"
target = "both"
max-size = "512KiB"
max-age = "0s"
keep = 0
tail = 7
)";

TEST(Unit, HasTheKeysAtTheTopAsTheyWereWritten) {
    const auto unit = parsed_unit(full);
    EXPECT_EQ(unit->description, "Shop front");
    EXPECT_THAT(unit->launch.argv, ElementsAre("/usr/bin/node", "server.js", "--port", "8080"));
    EXPECT_EQ(unit->launch.directory, "/srv/8080");
    EXPECT_EQ(unit->launch.umask, 027u);
    EXPECT_FALSE(unit->spec.autostart);
    EXPECT_EQ(unit->spec.instances, 3u);
    EXPECT_EQ(unit->source.exec.line, 4);
    EXPECT_EQ(unit->source.directory.line, 7);
    EXPECT_EQ(unit->source.ready.line, 23);
}

TEST(Unit, HasItsRestartRuleAsItWasWritten) {
    const auto unit = parsed_unit(full);
    const auto& restart = unit->spec.restart;
    EXPECT_EQ(restart.policy, core::RestartPolicy::always);
    EXPECT_EQ(restart.delay, 0s);
    EXPECT_EQ(restart.max_delay, 90s);
    EXPECT_EQ(restart.factor, 3.0);
    EXPECT_EQ(restart.jitter, 0.0);
    EXPECT_EQ(restart.stable_after, 1h);
    EXPECT_EQ(restart.limit, 10u);
    EXPECT_EQ(restart.window, 1min);
    EXPECT_EQ(restart.on_limit, core::OnLimit::fail);
    EXPECT_THAT(restart.success_codes, ElementsAre(0, 3));
    EXPECT_THAT(restart.success_signals, ElementsAre(SIGUSR1));
    EXPECT_THAT(restart.never_on_codes, ElementsAre(78));
    EXPECT_THAT(restart.always_on_signals, ElementsAre(SIGHUP));
}

TEST(Unit, HasReadinessStopAndLogAsTheyWereWritten) {
    const auto unit = parsed_unit(full);
    ASSERT_NE(unit->ready, nullptr);
    EXPECT_TRUE(unit->spec.awaits_ready);
    EXPECT_EQ(unit->ready->kind, ReadyKind::http);
    EXPECT_EQ(unit->ready->host, "::1");
    EXPECT_EQ(unit->ready->port, 8080);
    EXPECT_EQ(unit->ready->path, "/healthz?full=1");
    EXPECT_EQ(unit->ready->every, 250ms);
    EXPECT_EQ(unit->spec.ready_timeout, 1min);

    ASSERT_EQ(unit->spec.stop.size(), 3u);
    EXPECT_EQ(unit->spec.stop[0].signal, SIGQUIT);
    EXPECT_EQ(unit->spec.stop[0].patience, 10s);
    EXPECT_EQ(unit->spec.stop[1].signal, SIGRTMIN + 1);
    EXPECT_EQ(unit->spec.stop[1].patience, 1500ms);
    EXPECT_EQ(unit->spec.stop[2].signal, SIGKILL);

    const Log log{LogFormat::json, WhenFull::block, false, false, LogFormat::json,
                  LogTarget::both, 512u << 10,      0s,    0,     7};
    EXPECT_EQ(unit->log, log);
}

TEST(Unit, IsReadyInEachOfItsWays) {
    const auto ready = [](const std::string& line) {
        return std::move(*parsed_unit("exec = [\"/bin/true\"]\n[ready]\n" + line)->ready);
    };
    EXPECT_EQ(ready("notify = true").kind, ReadyKind::notify);
    EXPECT_FALSE(ready("notify = true").notify_from_tree);
    EXPECT_TRUE(ready("notify = \"tree\"").notify_from_tree);
    EXPECT_EQ(ready("fd = 255").fd, 255);
    EXPECT_EQ(ready("tcp = \"localhost:5432\"").host, "localhost");
    EXPECT_EQ(ready("tcp = \"[::1]:80\"").port, 80);
    EXPECT_EQ(ready("unix = \"/run/web.sock\"").path, "/run/web.sock");
    EXPECT_EQ(ready("http = \"http://127.0.0.1\"").port, 80);
    EXPECT_EQ(ready("http = \"http://127.0.0.1\"").path, "/");
    EXPECT_EQ(ready("http = \"http://127.0.0.1:81?x\"").path, "/?x");
    EXPECT_THAT(ready("exec = [\"/bin/true\", \"-q\"]").argv, ElementsAre("/bin/true", "-q"));
    EXPECT_EQ(ready("log = \"ready on [0-9]+\"").pattern, "ready on [0-9]+");
    EXPECT_EQ(ready("delay = \"2s\"").delay, 2s);
}

TEST(Unit, TakesItsDependenciesWithHowFarTheyMustHaveCome) {
    const auto parsed =
        parse({{{"units/web.toml", R"(
exec = ["/bin/true"]
[depends]
needs = ["db"]
wants = ["cache"]
after = ["cache", { unit = "db", when = "started" }, { unit = "migrate", when = "completed" }]
)"},
                {"units/db.toml", "exec = [\"/bin/true\"]"},
                {"units/cache.toml", "exec = [\"/bin/true\"]"},
                {"units/migrate.toml", "exec = [\"/bin/true\"]\ntype = \"oneshot\""}}});
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->units.size(), 4u);
    EXPECT_EQ(parsed->units[0]->spec.name, "cache");
    const auto& edges = parsed->units[3]->spec.dependencies;
    ASSERT_EQ(edges.size(), 5u);
    EXPECT_EQ(edges[0].kind, core::DependencyKind::needs);
    EXPECT_EQ(edges[1].kind, core::DependencyKind::wants);
    EXPECT_EQ(edges[2].when, core::When::ready);
    EXPECT_EQ(edges[3].when, core::When::started);
    EXPECT_EQ(edges[4].when, core::When::completed);
    EXPECT_EQ(edges[4].unit, "migrate");
}

TEST(Unit, RunsAsItsUserWithThatUsersGroupsAndHome) {
    const auto unit = parsed_unit("exec = [\"/bin/true\"]\nuser = \"nobody\"\ngroup = 0");
    EXPECT_EQ(unit->launch.user, "nobody");
    EXPECT_NE(unit->launch.uid, static_cast<uid_t>(-1));
    EXPECT_EQ(unit->launch.gid, 0u);
    EXPECT_FALSE(unit->launch.groups.empty());
    EXPECT_THAT(unit->launch.env, Contains("USER=nobody"));
    const auto by_number = parsed_unit("exec = [\"/bin/true\"]\nuser = \"" +
                                       std::to_string(unit->launch.uid) + "\"\ngroup = \"root\"");
    EXPECT_EQ(by_number->launch.user, "nobody");
    EXPECT_EQ(by_number->launch.gid, 0u);
}

TEST(Unit, FindsProgramsInItsOwnPath) {
    TemporaryDirectory directory;
    directory.write("tool", "#!/bin/sh\n");
    directory.write("text", "no program");
    std::filesystem::permissions(directory.path() + "/tool", std::filesystem::perms::owner_all);
    const auto found = [&](const std::string& program) {
        return parsed_unit("exec = [\"" + program +
                           "\"]\nenv.PATH = \"/nowhere:" + directory.path() + ":${PATH}\"")
            ->launch.argv.front();
    };
    EXPECT_EQ(found("tool"), directory.path() + "/tool");
    EXPECT_EQ(found("text"), "text");
    EXPECT_EQ(found("no-such-program"), "no-such-program");
    EXPECT_TRUE(found("sh").ends_with("/sh"));
}

TEST(Settings, AreTheDefaultsOfEveryUnitsLog) {
    const auto parsed = parse({{{"superd.toml", R"(
[supervisor]
heartbeat = "200ms"
shutdown-timeout = "5s"
cgroup = "off"
[control]
readers = ["root", "@root", "*"]
[log]
max-size = "1MiB"
keep = 3
)"},
                                {"units/a.toml", "exec = [\"/bin/true\"]\nlog.keep = 4"}}});
    ASSERT_TRUE(parsed) << parsed.error().front().text();
    EXPECT_EQ(parsed->settings.heartbeat, 200ms);
    EXPECT_EQ(parsed->settings.shutdown_timeout, 5s);
    EXPECT_EQ(parsed->settings.cgroup, "off");
    EXPECT_THAT(parsed->settings.readers, ElementsAre("root", "@root", "*"));
    EXPECT_EQ(parsed->units[0]->log.max_size, 1u << 20);
    EXPECT_EQ(parsed->units[0]->log.keep, 4u);
}

TEST(Settings, AreTheirDefaultsWithoutAFile) {
    const auto parsed = parse(Sources{});
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->units.empty());
    EXPECT_EQ(parsed->settings.heartbeat, 10s);
    EXPECT_EQ(parsed->settings.cgroup, "auto");
}

TEST(Unit, MayHaveAsManyInstancesAsThereAreCores) {
    auto sources = one_unit("exec = [\"/bin/true\"]\ninstances = \"cores\"");
    sources.cores = 6;
    const auto many = parse(sources);
    ASSERT_TRUE(many);
    EXPECT_EQ(many->units[0]->spec.instances, 6u);
    EXPECT_TRUE(many->units[0]->by_cores);
    sources.cores = 1'000'000;
    EXPECT_EQ(parse(sources)->units[0]->spec.instances, core::UnitSpec::instances_max);
    EXPECT_EQ(Sources::deserialize(sources.serialize())->cores, 1'000'000u)
        << "a supervisor that takes over goes on with what was found";
    EXPECT_FALSE(parsed_unit("exec = [\"/bin/true\"]\ninstances = 6")->by_cores);
}

TEST(Unit, TellsWhichInstancesItsTextsAreNotFitFor) {
    const auto unit = parsed_unit(
        "exec = [\"/bin/true\"]\nready.tcp = \"127.0.0.1:6553${INSTANCE}\"\ninstances = 2\n"
        "[[check]]\nname = \"a\"\nhttp = \"http://127.0.0.1:655${INSTANCE}/\"");
    ASSERT_TRUE(check_instance(*unit, 9));
    EXPECT_TRUE(check_instance(*unit, 9)->starts_with(
        "its [ready] cannot be used for instance 9: expected a port from 1 to 65535"));
    EXPECT_EQ(check_instance(*unit, 5), std::nullopt);
    const auto checked = parsed_unit(
        "exec = [\"/bin/true\"]\n"
        "[[check]]\nname = \"a\"\nhttp = \"http://127.0.0.1:655${INSTANCE}/\"");
    EXPECT_TRUE(check_instance(*checked, 99)->starts_with("its check \"a\" cannot be used for "));
}

}  // namespace
}  // namespace superd::config
