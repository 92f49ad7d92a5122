// What a reload would change, and what waits for a restart.
#include "tests/unit/config/files.hpp"

#include <gmock/gmock.h>

namespace superd::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Configuration configuration(std::vector<std::pair<std::string, std::string>> units,
                            std::string env_file = {}) {
    Sources sources;
    for (const auto& [name, text] : units) {
        sources.files.push_back({"units/" + name + ".toml", text});
    }
    sources.files.push_back({"/x.env", std::move(env_file)});
    EXPECT_EQ(mistakes(sources), "");
    auto parsed = parse(sources);
    return parsed ? std::move(*parsed) : Configuration{};
}

const std::string program = "exec = [\"/bin/true\"]\n";

std::vector<Change> changes(const std::string& before, const std::string& after) {
    return difference(configuration({{"web", program + before}}),
                      configuration({{"web", program + after}}));
}

TEST(Difference, IsNothingWhenOnlyTheTextDiffers) {
    EXPECT_THAT(changes("", "# comment\ndirectory = \"/\"\n[restart]\ndelay = \"0.1s\""),
                IsEmpty());
}

TEST(Difference, NamesUnitsThatCameAndWent) {
    const auto found =
        difference(configuration({{"a", program}, {"c", program + "instances = 2"}}),
                   configuration({{"b", program + "instances = 3"}, {"c", program}}));
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].unit, "a");
    EXPECT_EQ(found[0].kind, ChangeKind::removed);
    EXPECT_EQ(found[0].instances_before, 1u);
    EXPECT_EQ(found[1].unit, "b");
    EXPECT_EQ(found[1].kind, ChangeKind::added);
    EXPECT_EQ(found[1].instances_after, 3u);
    EXPECT_EQ(found[2].kind, ChangeKind::instances);
    EXPECT_EQ(found[2].instances_before, 2u);
    EXPECT_EQ(found[2].instances_after, 1u);
}

struct Sample {
    std::string before, after;
    ChangeKind kind;
    std::string key;
};

TEST(Difference, TellsForEachKeyWhetherItIsLive) {
    for (const auto& [before, after, kind, key] : std::initializer_list<Sample>{
             {"", "description = \"x\"", ChangeKind::live, "description"},
             {"", "autostart = false", ChangeKind::live, "autostart"},
             {"", "essential = true", ChangeKind::live, "essential"},
             {"", "type = \"oneshot\"", ChangeKind::restart, "type"},
             {"", "env.A = \"x\"", ChangeKind::restart, "env.A"},
             {"env.A = \"y\"", "env.A = \"x\"", ChangeKind::restart, "env.A"},
             {"env = { A = \"1\", AB = \"2\" }", "env.A = \"1\"", ChangeKind::restart, "env.AB"},
             {"", "user = \"nobody\"", ChangeKind::restart, "user"},
             {"", "group = 0", ChangeKind::restart, "group"},
             {"user = \"nobody\"", "user = \"nobody\"\ngroup = 0", ChangeKind::restart, "group"},
             {"", "directory = \"/tmp\"", ChangeKind::restart, "directory"},
             {"", "umask = \"0077\"", ChangeKind::restart, "umask"},
             {"", "restart.policy = \"never\"", ChangeKind::live, "restart.policy"},
             {"", "restart.delay = \"1s\"", ChangeKind::live, "restart.delay"},
             {"", "restart.max-delay = \"1s\"", ChangeKind::live, "restart.max-delay"},
             {"", "restart.factor = 1", ChangeKind::live, "restart.factor"},
             {"", "restart.jitter = 1", ChangeKind::live, "restart.jitter"},
             {"", "restart.stable-after = \"1s\"", ChangeKind::live, "restart.stable-after"},
             {"", "restart.limit = \"1 in 1s\"", ChangeKind::live, "restart.limit"},
             {"restart.limit = \"1 in 1s\"", "restart.limit = \"1 in 2s\"", ChangeKind::live,
              "restart.limit"},
             {"", "restart.success-codes = [0, \"SIGHUP\"]", ChangeKind::live,
              "restart.success-codes"},
             {"", "restart.never-on = [1]", ChangeKind::live, "restart.never-on"},
             {"", "restart.always-on = [1]", ChangeKind::live, "restart.always-on"},
             {"", "ready.notify = true", ChangeKind::restart, "ready.notify"},
             {"ready.notify = true", "ready.notify = \"tree\"", ChangeKind::restart,
              "ready.notify"},
             {"ready.fd = 3", "ready.fd = 4", ChangeKind::restart, "ready.fd"},
             {"ready.log = \"a\"", "ready.log = \"b\"", ChangeKind::restart, "ready.log"},
             {"", "ready.tcp = \"[::1]:80\"", ChangeKind::live, "ready.tcp"},
             {"ready.unix = \"/a\"", "ready.unix = \"/b\"", ChangeKind::live, "ready.unix"},
             {"ready.http = \"http://[::1]/a\"", "ready.http = \"http://[::1]/b\"",
              ChangeKind::live, "ready.http"},
             {"ready.delay = \"1s\"", "ready.delay = \"2s\"", ChangeKind::live, "ready.delay"},
             {"ready.exec = [\"/a\"]", "ready.exec = [\"/b\"]", ChangeKind::live, "ready.exec"},
             {"ready.fd = 3", "ready.fd = 3\nready.timeout = \"1s\"", ChangeKind::live,
              "ready.timeout"},
             {"ready.unix = \"/a\"", "ready.unix = \"/a\"\nready.every = \"1s\"", ChangeKind::live,
              "ready.every"},
             {"", "stop.signals = [\"SIGINT\"]", ChangeKind::live, "stop.signals"},
             {"", "rolling.batch = 2", ChangeKind::live, "rolling.batch"},
             {"", "rolling.surge = true", ChangeKind::live, "rolling.surge"},
             {"", "recycle.after = \"1h\"", ChangeKind::live, "recycle.after"},
             {"recycle.after = \"1h\"", "recycle.after = \"1h\"\nrecycle.jitter = 1",
              ChangeKind::live, "recycle.jitter"},
             {"", "recycle.memory = \"1G\"", ChangeKind::live, "recycle.memory"},
             {"", "recycle.exits = [75]", ChangeKind::live, "recycle.exits"},
             {"", "log.format = \"json\"", ChangeKind::live, "log.format"},
             {"", "log.when-full = \"block\"", ChangeKind::live, "log.when-full"},
             {"", "log.compress = false", ChangeKind::live, "log.compress"},
             {"", "log.foreground = false", ChangeKind::live, "log.foreground"},
             {"", "log.max-size = \"1M\"", ChangeKind::live, "log.max-size"},
             {"", "log.max-age = \"0s\"", ChangeKind::live, "log.max-age"},
             {"", "log.keep = 1", ChangeKind::live, "log.keep"},
             {"", "log.tail = 1", ChangeKind::live, "log.tail"},
         }) {
        for (const bool forward : {true, false}) {
            const auto found = forward ? changes(before, after) : changes(after, before);
            ASSERT_EQ(found.size(), 1u) << after;
            EXPECT_EQ(found[0].kind, kind) << after;
            EXPECT_THAT(found[0].keys, ElementsAre(key)) << after;
        }
    }
}

TEST(Difference, ChangesOfOnLimitAndProgramsAreToldToo) {
    const auto limit = changes("restart = { limit = \"1 in 1s\" }",
                               "restart = { limit = \"1 in 1s\", on-limit = \"fail\" }");
    ASSERT_EQ(limit.size(), 1u);
    EXPECT_THAT(limit[0].keys, ElementsAre("restart.on-limit"));
    const auto exec = difference(configuration({{"web", program}}),
                                 configuration({{"web", "exec = [\"/bin/true\", \"x\"]"}}));
    ASSERT_EQ(exec.size(), 1u);
    EXPECT_EQ(exec[0].kind, ChangeKind::restart);
    EXPECT_THAT(exec[0].keys, ElementsAre("exec"));
}

TEST(Difference, NeedsARestartAsSoonAsOneKeyDoes) {
    const auto found = changes("instances = 2\nready.tcp = \"[::1]:80\"",
                               "description = \"x\"\ninstances = 3\nready.fd = 3");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, ChangeKind::restart);
    EXPECT_THAT(found[0].keys, ElementsAre("description", "instances", "ready.tcp", "ready.fd"));
    EXPECT_EQ(found[0].instances_after, 3u);
    const auto live = changes("instances = 2", "description = \"x\"");
    EXPECT_EQ(live.at(0).kind, ChangeKind::live);
    EXPECT_EQ(live.at(0).instances_before, 2u);
}

TEST(Difference, SeesWhatAnEnvFileSays) {
    const std::string unit = program + "env-file = [\"/x.env\"]";
    const auto found = difference(configuration({{"web", unit}}, "A=secret\nB=2"),
                                  configuration({{"web", unit}}, "A=other\nC=2"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, ChangeKind::restart);
    EXPECT_THAT(found[0].keys, ElementsAre("env.A", "env.B", "env.C"));
}

TEST(Difference, ComparesDependenciesWithoutTheirOrder) {
    const auto of = [](const std::string& depends) {
        return configuration(
            {{"a", program}, {"b", program}, {"web", program + "[depends]\n" + depends}});
    };
    EXPECT_THAT(difference(of("needs = [\"a\", \"b\"]"), of("needs = [\"b\", \"a\"]")), IsEmpty());
    const auto found =
        difference(of("needs = [\"a\"]\nafter = [\"b\"]"),
                   of("wants = [\"a\"]\nafter = [{ unit = \"b\", when = \"started\" }]"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, ChangeKind::live);
    EXPECT_THAT(found[0].keys, ElementsAre("depends.needs", "depends.wants", "depends.after"));
}

}  // namespace
}  // namespace superd::config
