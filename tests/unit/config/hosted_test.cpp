// Units with a module.
#include "config/instance_text.hpp"
#include "tests/unit/config/files.hpp"

namespace superd::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view module = "module = \"/lib/shop.so\"\n";
std::string with(std::string_view text) { return std::string{module} + std::string{text}; }

TEST(HostedUnit, HasDefaultsThatSuitAWorker) {
    const auto unit = parsed_unit(std::string{module});
    ASSERT_TRUE(unit->hosted);
    EXPECT_EQ(*unit->hosted, (Hosted{.module = "/lib/shop.so"}));
    EXPECT_EQ(unit->ready->kind, ReadyKind::notify);
    EXPECT_TRUE(unit->spec.awaits_ready);
    EXPECT_EQ(unit->spec.restart.policy, core::RestartPolicy::always);
    EXPECT_EQ(unit->spec.restart.never_on_codes, std::vector<std::int32_t>{78});
    EXPECT_EQ(unit->spec.stop.front().patience, 32s) << "drain-timeout, and a little";
    EXPECT_GT(unit->fd_store_max, 0u);
    EXPECT_TRUE(unit->launch.argv.empty());
}

TEST(HostedUnit, TakesWhatIsWritten) {
    const auto unit = parsed_unit(R"(
language = "python"
module = "app:handler"
model = "coroutines"
loop = "gevent"
python = "/opt/venv/bin/python"
workers = { min = 0, max = 8, spare = 1, idle-timeout = "90s" }
threads = 4
preload = true
cpus = [1, 3]
stall-warn = "0s"
stall-timeout = "1s"
task-timeout = "2s"
on-stall = "replace"
drain-timeout = "3s"
max-tasks = 100
listen = { http = "tcp://*:80" }
env = { WHO = "you" }
[config]
greeting = "hello ${WHO} ${INSTANCE}"
since = 2026-11-29
at = 07:32:00
limits = { body = 65_536, rate = 0.5, on = true }
list = ["a\n", "\"b\""]
[stop]
signals = [["SIGTERM", "1s"]]
[restart]
policy = "never"
)");
    ASSERT_TRUE(unit->hosted);
    const auto& hosted = *unit->hosted;
    EXPECT_EQ(hosted.language, Language::python);
    EXPECT_EQ(hosted.module, "app:handler");
    EXPECT_EQ(hosted.loop, "gevent");
    EXPECT_EQ(hosted.interpreter, "/opt/venv/bin/python");
    EXPECT_EQ(hosted.cpus, (std::vector<std::uint16_t>{1, 3}));
    EXPECT_EQ(hosted.on_stall, OnStall::replace);
    EXPECT_EQ(hosted.stall_warn, 0s);
    EXPECT_EQ(hosted.task_timeout, 2s);
    EXPECT_EQ(hosted.drain_timeout, 3s);
    EXPECT_EQ(hosted.max_tasks, 100u);
    EXPECT_EQ(for_instance(hosted.config, 2),
              R"({"at":"07:32:00","greeting":"hello you 2","limits":{"body":65536,"on":true,)"
              R"("rate":0.5},"list":["a\u000a","\"b\""],"since":"2026-11-29"})");
    EXPECT_EQ(unit->spec.stop.front().patience, 1s);
    EXPECT_EQ(unit->spec.restart.policy, core::RestartPolicy::never);
    ASSERT_TRUE(unit->spec.scale);
    EXPECT_EQ(*unit->spec.scale, (core::ScaleRule{0, 8, 1, 90s}));
    EXPECT_EQ(unit->spec.instances, 1u);
    EXPECT_TRUE(unit->spec.on_demand);
    EXPECT_EQ(unit->spec.idle_timeout, 90s);
}

TEST(HostedUnit, HasWorkersByNumberOrByCores) {
    EXPECT_EQ(parsed_unit(with("workers = 3"))->spec.instances, 3u);
    Sources sources = one_unit(with("workers = \"cores\""));
    sources.cores = 5;
    const auto parsed = parse(sources);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->units[0]->spec.instances, 5u);
    EXPECT_TRUE(parsed->units[0]->by_cores);
}

TEST(HostedUnit, TellsWhatIsWrong) {
    const auto expect = [](std::string_view line, std::string_view message) {
        EXPECT_EQ(mistakes(one_unit(with(std::string{line} + "\n"))),
                  "units/web.toml:" + std::string{message} + "\n")
            << line;
    };
    expect("exec = [\"/bin/true\"]",
           "2:8: cannot use exec: there is a module already; a unit has one of both");
    expect("instances = 2",
           "2:13: cannot use instances = 2: a module has workers; write workers in its place");
    expect("workers = 0", "2:11: cannot use workers = 0: expected a number from 1 to 1024");
    expect("workers = { min = 1 }",
           "2:11: cannot use workers: max is missing; write { min = 1, max = 8 }");
    expect("workers = { min = 4, max = 2 }", "2:11: cannot use workers: max is less than min");
    expect("workers = { max = 2, spare = 3 }", "2:11: cannot use workers: spare is more than max");
    expect("workers = { max = 2, least = 3 }",
           "2:22: cannot use workers.least: unknown key; expected min, max, spare or idle-timeout");
    expect("workers = { max = 2, idle-timeout = 3 }",
           "2:37: cannot use workers.idle-timeout = 3: a duration is a string with a unit; write "
           "\"3s\"");
    expect("workers = { min = 0, max = 2 }",
           "2:11: cannot use workers: with min = 0 a connection starts the first; write [listen] "
           "too");
    expect("model = \"thread\"",
           "2:9: cannot use model = \"thread\": expected processes, threads or coroutines; did you "
           "mean \"threads\"?");
    expect("loop = \"gevent\"", "2:8: cannot use loop = \"gevent\": only a Python module has it");
    expect("cpus = []",
           "2:8: cannot use cpus: expected \"each\" or an array of processors' numbers");
    expect("cpus = [0, -1]",
           "2:12: cannot use cpus[1] = -1: expected a processor's number, from 0 to 8191");
    expect("config = 3",
           "2:10: cannot use config: expected a table, not an integer; write [config]");
    expect("config = { key = \"${NONE}\" }",
           "2:18: cannot use config.key: ${NONE} is not set; set NONE in the unit's env or in "
           "[variables] of superd.toml, or write ${NONE:-default}; for the text itself write "
           "$${NONE}");
    expect("type = \"oneshot\"",
           "2:8: cannot use type = \"oneshot\": what has a module is a service");
}

TEST(HostedUnit, HasKeysThatProgramsHaveNot) {
    EXPECT_EQ(
        mistakes(one_unit("exec = [\"/bin/true\"]\nmodel = \"threads\"\n")),
        "units/web.toml:2:9: cannot use model = \"threads\": only a unit with module has it; a "
        "program has exec\n");
    EXPECT_EQ(mistakes(one_unit("module = \"app:main\"\n")),
              "units/web.toml:1:10: cannot use module = \"app:main\": this is Python's way; write "
              "language = \"python\" too\n");
    EXPECT_EQ(
        mistakes(one_unit("module = \"shop/lib.so\"\n")),
        "units/web.toml:1:10: cannot use module = \"shop/lib.so\": expected an absolute path, "
        "or a name without a slash for ld.so to look up\n");
    EXPECT_EQ(
        mistakes(one_unit("language = \"python\"\nmodule = \"app\"\n")),
        "units/web.toml:2:10: cannot use module = \"app\": expected \"package.module:name\" for "
        "a Python module\n");
}

TEST(HostedUnit, CostsOthersNothing) {
    const auto unit = parsed_unit("exec = [\"/bin/true\"]");
    EXPECT_FALSE(unit->hosted);
    EXPECT_FALSE(unit->spec.scale);
    EXPECT_FALSE(unit->spec.on_demand);
}

TEST(OnDemand, NeedsAListener) {
    EXPECT_EQ(mistakes(one_unit("exec = [\"/bin/true\"]\nautostart = \"on-demand\"\n")),
              "units/web.toml:2:13: cannot use autostart = \"on-demand\": a connection starts it; "
              "write [listen] too\n");
    EXPECT_EQ(mistakes(one_unit("exec = [\"/bin/true\"]\nautostart = \"demand\"\n")),
              "units/web.toml:2:13: cannot use autostart = \"demand\": expected true, false or "
              "\"on-demand\"\n");
    EXPECT_EQ(
        mistakes(one_unit("exec = [\"/bin/true\"]\nidle-timeout = \"1s\"\n")),
        "units/web.toml:2:16: cannot use idle-timeout = \"1s\": only what a connection starts "
        "again stops by itself; write autostart = \"on-demand\" too\n");
    EXPECT_EQ(
        mistakes(one_unit("exec = [\"/bin/true\"]\nautostart = \"on-demand\"\n"
                          "idle-timeout = \"1s\"\nlisten = { a = \"udp://*:5\" }\n")),
        "units/web.toml:3:16: cannot use idle-timeout = \"1s\": nobody is connected by udp, so "
        "nobody knows when it is idle\n");
    const auto unit = parsed_unit(
        "exec = [\"/bin/true\"]\nautostart = \"on-demand\"\n"
        "idle-timeout = \"1s\"\nlisten = { a = \"unix:/x\" }");
    EXPECT_TRUE(unit->spec.on_demand);
    EXPECT_TRUE(unit->spec.autostart);
    EXPECT_EQ(unit->spec.idle_timeout, 1s);
}

TEST(HostedUnit, DiffersByKey) {
    const auto change = [](std::string_view before, std::string_view after) {
        const auto a = parse(one_unit(with(before))), b = parse(one_unit(with(after)));
        EXPECT_TRUE(a && b);
        auto changes = difference(*a, *b);
        return changes.empty() ? Change{} : std::move(changes.front());
    };
    using Keys = std::vector<std::string>;
    const auto config = change("config = { a = 1 }", "config = { a = 2 }");
    EXPECT_EQ(config.keys, Keys{"config"});
    EXPECT_EQ(config.kind, ChangeKind::restart);
    EXPECT_EQ(change("", "on-stall = \"kill\"").kind, ChangeKind::live);
    EXPECT_EQ(change("workers = 2", "workers = 3").kind, ChangeKind::instances);
    EXPECT_EQ(change("workers = 2", "workers = { min = 2, max = 3 }").keys, Keys{"workers"});
    EXPECT_EQ(change("model = \"threads\"", "").keys, Keys{"model"});
}

}  // namespace
}  // namespace superd::config
