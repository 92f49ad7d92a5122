#include "imported.hpp"

namespace superctl::importing {
namespace {

// A service with these keys, which begin at the third line.
Translation limited(const std::string& keys) {
    std::string text = "services:\n  web:\n";
    for (std::size_t at = 0; at < keys.size();) {
        const auto end = std::min(keys.find('\n', at), keys.size());
        text += "    " + keys.substr(at, end - at) + "\n";
        at = end + 1;
    }
    auto all =
        translate(Format::compose, {file("compose.yaml", text + "    command: /bin/true\n")});
    EXPECT_EQ(wrong_for_superd(all), "") << text;
    return all;
}

// [limits] of it, as far as superd has lines for it.
std::string limits_of(const Translation& all) {
    const auto text = unit_text(all);
    const auto from = text.find("[limits]\n");
    return from == text.npos ? "" : text.substr(from + 9, text.find("#", from) - from - 9);
}

std::string one(const std::string& keys) {
    const auto all = limited(keys);
    EXPECT_EQ(notes(all), "") << keys;
    return limits_of(all);
}

std::string lost(const std::string& keys) { return notes(limited(keys)); }

TEST(ComposeLimits, AllThatSuperdHasIsTranslated) {
    const auto all = limited(R"(mem_limit: 512m
memswap_limit: 1gb
cpus: 0.5
cpu_shares: 512
pids_limit: 64
oom_score_adj: -200
oom_kill_disable: false
blkio_config: {weight: 300}
ulimits:
  nofile: {soft: 4096, hard: 4096}
  nproc: 100
  core: 0
  memlock: -1
  stack: 8388608
  data: 1073741824
  as: -1
  fsize: 1024
)");
    EXPECT_TRUE(all.complete()) << notes(all);
    EXPECT_EQ(limits_of(all),
              "memory-max = \"512MiB\"\nswap-max = \"512MiB\"\ncpu = \"50%\"\ncpu-weight = 50\n"
              "pids = 64\nio-weight = 2930\noom-score-adjust = -200\nopen-files = 4096\n"
              "processes = 100\ncore = \"0B\"\nmemlock = \"unlimited\"\nstack = \"8MiB\"\n"
              "data = \"1GiB\"\naddress-space = \"unlimited\"\nfile-size = \"1KiB\"\n");
}

TEST(ComposeLimits, BytesAreWrittenInManyWays) {
    const auto bytes = [](const std::string& text) {
        const auto all = one("memswap_limit: -1\nmem_limit: " + text);
        return all.substr(std::min(all.find('"'), all.size()));
    };
    for (const auto* const text :
         {"2g", "2G", "2gb", "2GB", "2GiB", "\"2 gb\"", "2048m", "2048mb", "2097152k", "2097152KB",
          "2147483648", "2147483648b", "\"2147483648\"", "2.0g"}) {
        EXPECT_EQ(bytes(text), "\"2GiB\"\n") << text;
    }
    EXPECT_EQ(bytes("300000000"), "\"300000000B\"\n");
    EXPECT_EQ(bytes("1.5g"), "\"1536MiB\"\n");
    EXPECT_EQ(bytes("0"), "");
    for (const auto* const text : {"5x", "\"\"", "b", "ib", "512ib", "1kk", "nan", "inf", "-1.5m",
                                   "12345678901234567890", "[1]", "{a: 1}", "1e9"}) {
        EXPECT_THAT(lost("mem_limit: " + std::string{text}),
                    HasSubstr("compose.yaml:3: not translated: mem_limit: "))
            << text;
    }
    EXPECT_THAT(lost("mem_limit: 5x"),
                HasSubstr("mem_limit: 5x: expected an amount of bytes, as 512m or 1g\n"));
    EXPECT_THAT(lost("mem_limit: [1]"), HasSubstr("mem_limit: expected an amount of bytes"));
    EXPECT_THAT(lost("mem_limit: ${MEM:-1g}"), HasSubstr("superd takes no variables there"));
    EXPECT_THAT(lost("mem_limit: 4k"), HasSubstr("mem_limit: 4k: superd takes \"1MiB\" to "));
    EXPECT_THAT(lost("mem_limit: -1"), HasSubstr("mem_limit: -1: superd takes \"1MiB\" to "));
    EXPECT_THAT(lost("mem_limit: 8000t"), HasSubstr("mem_limit: 8000t: superd takes "));
}

TEST(ComposeLimits, SwapIsWhatIsLeftOfBothTogether) {
    EXPECT_EQ(one("mem_limit: 300m\nmemswap_limit: 1g"),
              "memory-max = \"300MiB\"\nswap-max = \"724MiB\"\n");
    EXPECT_EQ(one("mem_limit: 1g\nmemswap_limit: 1g"),
              "memory-max = \"1GiB\"\nswap-max = \"0B\"\n");
    EXPECT_EQ(one("mem_limit: 1g\nmemswap_limit: -1"), "memory-max = \"1GiB\"\n");
    for (const auto* const unset : {"mem_limit: 1g", "mem_limit: 1g\nmemswap_limit: 0"}) {
        EXPECT_EQ(one(unset), "memory-max = \"1GiB\"\nswap-max = \"1GiB\"\n");
        EXPECT_THAT(notes(limited(unset), Weight::remark),
                    HasSubstr("mem_limit: 1g: without a memswap_limit docker allows as much"));
    }
    EXPECT_THAT(lost("memswap_limit: 1g"),
                HasSubstr("memswap_limit: 1g: it counts from the limit of memory"));
    EXPECT_THAT(lost("mem_limit: 1k\nmemswap_limit: 1g"),
                HasSubstr("memswap_limit: 1g: it counts"));
    EXPECT_THAT(lost("mem_limit: 2g\nmemswap_limit: 1g"),
                HasSubstr("memswap_limit: 1g: it is less than mem_limit"));
    EXPECT_THAT(lost("mem_limit: 1g\nmemswap_limit: -2"),
                HasSubstr("memswap_limit: -2: it is less"));
    EXPECT_THAT(lost("mem_reservation: 64m"), HasSubstr("mem_reservation: superd keeps no memory"));
}

TEST(ComposeLimits, ProcessorsAreCountedOrAShareOfTime) {
    EXPECT_EQ(one("cpus: 1.5"), "cpu = \"150%\"\n");
    EXPECT_EQ(one("cpus: '0.125'"), "cpu = \"12.5%\"\n");
    EXPECT_EQ(one("cpus: .29"), "cpu = \"29%\"\n");
    EXPECT_EQ(one("cpus: 0"), "");
    EXPECT_EQ(one("cpu_quota: 50000"), "cpu = \"50%\"\n");
    EXPECT_EQ(one("cpu_quota: 50000\ncpu_period: 0"), "cpu = \"50%\"\n");
    EXPECT_EQ(one("cpu_quota: -1\ncpu_period: 0"), "");
    const auto own_period = limited("cpu_quota: 50000\ncpu_period: 25000");
    EXPECT_EQ(limits_of(own_period), "cpu = \"200%\"\n");
    EXPECT_THAT(notes(own_period, Weight::remark),
                HasSubstr("cpu_period: 25000: superd counts in each tenth of a second"));
    EXPECT_THAT(notes(limited("cpu_period: 25000"), Weight::remark),
                HasSubstr("it limits nothing without a cpu_quota"));
    EXPECT_THAT(lost("cpus: 0.001"), HasSubstr("cpus: 0.001: superd takes \"1%\" to \"819200%\""));
    EXPECT_THAT(lost("cpus: 0.0000001"), HasSubstr("superd takes \"1%\" to "));
    EXPECT_THAT(lost("cpus: 9000"), HasSubstr("superd takes \"1%\" to "));
    EXPECT_THAT(lost("cpus: half"), HasSubstr("cpus: half: expected a number of processors"));
    EXPECT_THAT(lost("cpus: -1"), HasSubstr("cpus: -1: expected a number of processors"));
    EXPECT_THAT(lost("cpu_quota: 50ms"), HasSubstr("cpu_quota: 50ms: expected a whole number"));
    for (const auto* const quota : {"9223372036854775807", "-9223372036854775808", "500"}) {
        EXPECT_THAT(lost("cpu_quota: " + std::string{quota}), HasSubstr("superd takes \"1%\" to "));
    }
    const auto period = lost("cpu_quota: 50000\ncpu_period: 7");
    EXPECT_THAT(period, HasSubstr("cpu_period: 7: the kernel takes 1000 to 1000000"));
    EXPECT_THAT(period, HasSubstr("cpu_quota: 50000: it is a part of cpu_period"));
    const auto both = limited("cpus: 1\ncpu_quota: 50000");
    EXPECT_EQ(limits_of(both), "cpu = \"100%\"\n");
    EXPECT_THAT(notes(both), HasSubstr("cpu_quota: 50000: docker refuses it beside cpus"));
}

TEST(ComposeLimits, WeightsAreThoseOfTheKernel) {
    EXPECT_EQ(one("cpu_shares: 2"), "cpu-weight = 1\n");
    EXPECT_EQ(one("cpu_shares: 262144"), "cpu-weight = 10000\n");
    EXPECT_EQ(one("cpu_shares: 0"), "");
    EXPECT_EQ(one("blkio_config: {weight: 10}"), "io-weight = 1\n");
    EXPECT_EQ(one("blkio_config: {weight: 1000}"), "io-weight = 10000\n");
    EXPECT_EQ(one("blkio_config: {weight: 0}"), "");
    const auto usual = limited("cpu_shares: 1024");
    EXPECT_EQ(limits_of(usual), "cpu-weight = 100\n");
    EXPECT_THAT(notes(usual, Weight::remark),
                HasSubstr("cpu_shares: 1024: it is 100 here, for 1024 is what 100 is here"));
    EXPECT_THAT(lost("cpu_shares: 1"), HasSubstr("cpu_shares: 1: docker takes 2 to 262144"));
    EXPECT_THAT(lost("cpu_shares: 9223372036854775807"), HasSubstr("docker takes 2 to 262144"));
    EXPECT_THAT(lost("cpu_shares: -9223372036854775808"), HasSubstr("docker takes 2 to 262144"));
    EXPECT_THAT(lost("cpu_shares: many"), HasSubstr("cpu_shares: many: expected a whole number"));
    EXPECT_THAT(lost("blkio_config: {weight: 5}"),
                HasSubstr("blkio_config.weight: 5: docker takes 10 to 1000"));
    EXPECT_THAT(lost("blkio_config: {device_read_bps: []}"),
                HasSubstr("blkio_config.device_read_bps: superd limits no device by itself"));
    EXPECT_THAT(lost("blkio_config: 5"), HasSubstr("blkio_config: expected a map"));
}

TEST(ComposeLimits, ProcessesAndWhatHappensOutOfMemory) {
    for (const auto* const none : {"pids_limit: 0", "pids_limit: -1", "pids_limit:"}) {
        EXPECT_EQ(one(none), "");
    }
    EXPECT_THAT(lost("pids_limit: -2"), HasSubstr("pids_limit: -2: superd takes 1 to 4194304"));
    EXPECT_THAT(lost("pids_limit: 5m"), HasSubstr("pids_limit: 5m: expected a whole number"));
    EXPECT_EQ(one("oom_score_adj: 0"), "oom-score-adjust = 0\n");
    EXPECT_THAT(lost("oom_score_adj: 1001"),
                HasSubstr("oom_score_adj: 1001: superd takes -1000 to 1000"));
    EXPECT_THAT(lost("oom_kill_disable: true"), HasSubstr("oom_kill_disable: the kernel's"));
    EXPECT_THAT(lost("oom_kill_disable: ${NO}"), HasSubstr("oom_kill_disable: the kernel's"));
    EXPECT_THAT(lost("mem_swappiness: 5"), HasSubstr("mem_swappiness: superd leaves it"));
    EXPECT_THAT(lost("cpuset: 0-3"), HasSubstr("cpuset: superd binds"));
}

TEST(ComposeLimits, OfAProcessBothAreSetToSoft) {
    const auto differ = limited("ulimits: {nofile: {soft: 20000, hard: 40000}}");
    EXPECT_EQ(limits_of(differ), "open-files = 20000\n");
    EXPECT_TRUE(differ.complete());
    EXPECT_THAT(notes(differ, Weight::remark),
                HasSubstr("ulimits.nofile.hard: 40000: superd sets both to soft"));
    EXPECT_EQ(one("ulimits: {core: {soft: -1, hard: -1}, nofile: '1024'}"),
              "core = \"unlimited\"\nopen-files = 1024\n");
    EXPECT_THAT(lost("ulimits: {rtprio: 5}"), HasSubstr("ulimits.rtprio: superd sets no such"));
    EXPECT_THAT(lost("ulimits: {nofile: 1}"), HasSubstr("ulimits.nofile: 1: superd takes 3 to "));
    EXPECT_THAT(lost("ulimits: {nproc: -2}"), HasSubstr("ulimits.nproc: -2: superd takes 1 to "));
    EXPECT_THAT(lost("ulimits: {core: 1g}"),
                HasSubstr("ulimits.core: 1g: expected a whole number"));
    EXPECT_THAT(lost("ulimits: {core: {soft: x, hard: 1}}"), HasSubstr("ulimits.core.soft: x: "));
    for (const auto* const empty : {"{core: }", "{core: {}}", "{core: {hard: 5}}"}) {
        EXPECT_THAT(lost("ulimits: " + std::string{empty}),
                    HasSubstr("ulimits.core: expected a number, or soft and hard"));
    }
    EXPECT_THAT(lost("ulimits: {core: [1]}"), HasSubstr("ulimits.core: expected a whole number"));
    EXPECT_THAT(lost("ulimits: [1]"), HasSubstr("ulimits: expected a map"));
    EXPECT_THAT(lost("ulimits: {[1]: 2}"), HasSubstr("ulimits.: superd sets no such limit"));
}

TEST(ComposeLimits, ThoseOfDeployAreTaken) {
    const std::string deploy =
        "deploy:\n  replicas: 2\n  resources:\n    limits: {cpus: '0.50', memory: 50M, pids: 7}\n";
    const std::string expected =
        "memory-max = \"50MiB\"\nswap-max = \"50MiB\"\ncpu = \"50%\"\npids = 7\n";
    EXPECT_EQ(one(deploy), expected);
    EXPECT_EQ(one(deploy + "cpus: 0.5\nmem_limit: 51200k\npids_limit: 7"), expected);
    const auto differ = limited(deploy + "cpus: 2\nmem_limit: 1g\npids_limit: 8");
    EXPECT_EQ(limits_of(differ), expected);
    EXPECT_THAT(notes(differ), HasSubstr("compose.yaml:7: not translated: cpus: 2: "
                                         "deploy.resources.limits.cpus says 0.50, and that is "));
    EXPECT_THAT(notes(differ), HasSubstr("mem_limit: 1g: deploy.resources.limits.memory says 50M"));
    EXPECT_THAT(notes(differ), HasSubstr("pids_limit: 8: deploy.resources.limits.pids says 7"));
    EXPECT_EQ(one("deploy: {resources: {limits: {pids: 0}}}\npids_limit: 8"), "pids = 8\n");
    EXPECT_EQ(one("deploy: {resources: {limits: {<<: {pids: 5}, cpus: 1}}}"),
              "cpu = \"100%\"\npids = 5\n");
}

TEST(ComposeLimits, WhatElseIsInDeployIsToldOf) {
    const auto told = lost(
        "deploy:\n  resources:\n    limits: {cpus: x, devices: 1}\n    other: 1\n"
        "    reservations:\n      cpus: 1\n      memory: 20M\n");
    EXPECT_THAT(told, HasSubstr("compose.yaml:5: not translated: deploy.resources.limits.cpus: x: "
                                "expected a number of processors"));
    EXPECT_THAT(told, HasSubstr("compose.yaml:5: not translated: deploy.resources.limits.devices"));
    EXPECT_THAT(told, HasSubstr("compose.yaml:6: not translated: deploy.resources.other: "));
    EXPECT_THAT(told, HasSubstr("compose.yaml:8: not translated: "
                                "deploy.resources.reservations.cpus: superd keeps nothing free"));
    EXPECT_THAT(told, HasSubstr("compose.yaml:9: not translated: "
                                "deploy.resources.reservations.memory: superd keeps no memory"));
    EXPECT_THAT(lost("deploy: 1"), HasSubstr("deploy: expected a map"));
    EXPECT_THAT(lost("deploy: {resources: []}"), HasSubstr("deploy.resources: expected a map"));
    EXPECT_THAT(lost("deploy: {resources: {limits: 1}}"),
                HasSubstr("deploy.resources.limits: expected a map"));
    EXPECT_THAT(lost("deploy: {resources: {reservations: x}}"),
                HasSubstr("deploy.resources.reservations: expected a map"));
    EXPECT_EQ(one("deploy: {resources: {limits: , reservations: }}"), "");
    // A node of YAML can contain itself.
    EXPECT_THAT(lost("deploy: &own {<<: *own, resources: &r {limits: *r}}"),
                HasSubstr("deploy.resources.limits.limits: superd has nothing like it"));
}

}  // namespace
}  // namespace superctl::importing
