// [limits]: what they say, and every mistake that can be made with them.
#include "tests/unit/config/files.hpp"

#include <sys/resource.h>

#include <vector>

namespace superd::config {
namespace {

const std::string program = "exec = [\"/bin/true\"]\n";

TEST(Limits, SayWhatAnInstanceMayUse) {
    const auto unit = parsed_unit(program +
                                  "[limits]\nmemory-max = \"256MiB\"\nmemory-high = \"200MiB\"\n"
                                  "swap-max = \"0B\"\ncpu = \"150%\"\ncpu-weight = 200\n"
                                  "pids = 64\nio-weight = 50\noom-policy = \"kill-instance\"\n"
                                  "oom-score-adjust = -500\n");
    ASSERT_TRUE(unit->limits);
    const Limits& limits = *unit->limits;
    EXPECT_EQ(limits.memory_max, 256u << 20);
    EXPECT_EQ(limits.memory_high, 200u << 20);
    EXPECT_EQ(limits.swap_max, 0u);
    EXPECT_EQ(limits.cpu_us, 150'000u);
    EXPECT_EQ(limits.cpu_weight, 200u);
    EXPECT_EQ(limits.pids, 64u);
    EXPECT_EQ(limits.io_weight, 50u);
    EXPECT_EQ(limits.oom_policy, OomPolicy::kill_instance);
    EXPECT_EQ(limits.oom_score_adjust, -500);
    EXPECT_TRUE(limits.process.empty());
}

TEST(Limits, AreNoneWhereNothingIsSaid) { EXPECT_EQ(parsed_unit(program)->limits, nullptr); }

TEST(Limits, CountProcessorsByNumberOrShare) {
    const auto cpu = [](const std::string& text) {
        return parsed_unit(program + "limits.cpu = " + text)->limits->cpu_us;
    };
    EXPECT_EQ(cpu("2"), 200'000u);
    EXPECT_EQ(cpu("0.25"), 25'000u);
    EXPECT_EQ(cpu("\"25%\""), 25'000u);
    EXPECT_EQ(cpu("\"12.5 %\""), 12'500u);
    EXPECT_EQ(cpu("0.01"), 1'000u) << "the kernel takes no less";
}

TEST(Limits, OfEachProcessAreTheKernels) {
    const auto unit = parsed_unit(program +
                                  "[limits]\nopen-files = 4096\ncore = \"unlimited\"\n"
                                  "memlock = \"64MiB\"\nprocesses = \"unlimited\"\n");
    const std::vector<ProcessLimit> expected{{RLIMIT_NOFILE, 4096},
                                             {RLIMIT_NPROC, RLIM_INFINITY},
                                             {RLIMIT_CORE, RLIM_INFINITY},
                                             {RLIMIT_MEMLOCK, 64u << 20}};
    EXPECT_EQ(unit->limits->process, expected);
}

TEST(LimitsMessages, SayWhatIsWrong) {
    const std::vector<std::pair<std::string, std::string>> samples{
        {"limits.memory-max = 100",
         "2:21: cannot use limits.memory-max = 100: a size is a string with a unit; write "
         "\"100B\""},
        {"limits.memory-max = \"infinity\"",
         "2:21: cannot use limits.memory-max = \"infinity\": there is no endless size; leave it "
         "out "
         "for no limit"},
        {"limits.memory-max = \"4K\"",
         "2:21: cannot use limits.memory-max = \"4K\": expected at least 1048576 bytes"},
        {"limits.memory_max = \"64MiB\"",
         "2:8: cannot use limits.memory_max: unknown key; did you mean memory-max?"},
        {"limits.memory-max = \"64MiB\"\nlimits.memory-high = \"65MiB\"",
         "3:22: cannot use limits.memory-high = \"65MiB\": it is more than memory-max, so it would "
         "never be reached"},
        {"limits.cpu = \"1.5\"",
         "2:14: cannot use limits.cpu = \"1.5\": a number of processors stands without quotes: "
         "1.5; "
         "a share of one has a %: \"1.5%\""},
        {"limits.cpu = \"half\"",
         "2:14: cannot use limits.cpu = \"half\": expected a number of processors such as 1.5, or "
         "\"150%\""},
        {"limits.cpu = 0", "2:14: cannot use limits.cpu = 0: expected a number from 0.01 to 8192"},
        {"limits.cpu = \"0.5%\"",
         "2:14: cannot use limits.cpu = \"0.5%\": expected \"1%\" to \"819200%\""},
        {"limits.cpu = \"-5%\"",
         "2:14: cannot use limits.cpu = \"-5%\": a share of a processor cannot be negative"},
        {"limits.cpu = true",
         "2:14: cannot use limits.cpu = true: expected a number of processors or a string such as "
         "\"150%\", not a boolean"},
        {"limits.pids = 0",
         "2:15: cannot use limits.pids = 0: expected a number from 1 to 4194304"},
        {"limits.oom-policy = \"kill\"",
         "2:21: cannot use limits.oom-policy = \"kill\": expected continue or kill-instance"},
        {"limits.oom-score-adjust = 1001",
         "2:27: cannot use limits.oom-score-adjust = 1001: expected a number from -1000 to 1000"},
        {"limits.open-files = \"4096\"",
         "2:21: cannot use limits.open-files = \"4096\": a number stands without quotes; write "
         "4096"},
        {"limits.open-files = \"infinity\"",
         "2:21: cannot use limits.open-files = \"infinity\": write \"unlimited\" for no limit"},
        {"limits.core = \"infinity\"",
         "2:15: cannot use limits.core = \"infinity\": write \"unlimited\" for no limit"},
        {"limits.core = 0",
         "2:15: cannot use limits.core = 0: a size is a string with a unit; write \"0B\""},
    };
    for (const auto& [text, message] : samples) {
        EXPECT_EQ(mistakes(one_unit(program + text)), "units/web.toml:" + message + "\n");
    }
}

TEST(LimitsOfAGroup, AreItsMembers) {
    EXPECT_EQ(
        mistakes({{{"units/all.toml", "type = \"group\"\nmembers = [\"web\"]\nlimits.pids = 5\n"},
                   {"units/web.toml", program}}}),
        "units/all.toml:3:15: cannot use limits.pids = 5: a group runs nothing itself; write "
        "it into the members' files\n");
}

// What the kernel can change of what runs, is changed so.
TEST(LimitsDifference, NeedsARestartForTheProcessesOwnAlone) {
    const auto change = [](const std::string& before, const std::string& after) {
        auto a = parse(one_unit(program + before)), b = parse(one_unit(program + after));
        return difference(*a, *b).at(0);
    };
    const auto live = change("limits.memory-max = \"64MiB\"", "limits.cpu = 1");
    EXPECT_EQ(live.kind, ChangeKind::live);
    EXPECT_EQ(live.keys, (std::vector<std::string>{"limits.memory-max", "limits.cpu"}));
    const auto restart = change("", "limits.open-files = 100");
    EXPECT_EQ(restart.kind, ChangeKind::restart);
    EXPECT_EQ(restart.keys, (std::vector<std::string>{"limits.open-files"}));
    EXPECT_EQ(change("limits.oom-score-adjust = 1", "").kind, ChangeKind::restart);
}

}  // namespace
}  // namespace superd::config
