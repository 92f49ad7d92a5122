#include "os/limits.hpp"

#include "os/clock.hpp"
#include "os/file.hpp"

#include <sys/wait.h>

#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

TEST(Limits, OpenFilesAreRaisedAndTheOriginalIsRemembered) {
    rlimit before{};
    ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &before));
    const rlimit low{64, before.rlim_max};
    ASSERT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &low));
    const auto raised = raise_open_files_limit();
    rlimit after{};
    ::getrlimit(RLIMIT_NOFILE, &after);
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_TRUE(raised.has_value());
    EXPECT_EQ(64u, raised->original);
    EXPECT_EQ(before.rlim_max, raised->soft);
    EXPECT_EQ(before.rlim_max, raised->hard);
    EXPECT_EQ(before.rlim_max, after.rlim_cur);
}

TEST(Limits, MostOpenFilesIsANumberThatTheKernelTakes) {
    const rlim_t most = most_open_files();
    EXPECT_LT(most, RLIM_INFINITY);
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit all{most, most};
        ::_exit(::setrlimit(RLIMIT_NOFILE, &all) == 0 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

// What a process of its own has afterwards that began with `score`; empty: it may not have that.
std::optional<std::string> score_after(const char* score) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::ofstream{"/proc/self/oom_score_adj"} << score << std::flush;
        const auto begun = read_file("/proc/self/oom_score_adj", 16);
        if (!begun || *begun != std::string{score} + "\n") ::_exit(100);
        forgo_oom_protection();
        const auto left = read_file("/proc/self/oom_score_adj", 16);
        ::_exit(!left ? 101 : *left == begun ? 1 : *left == "0\n" ? 0 : 102);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 100) return std::nullopt;
    return WEXITSTATUS(status) == 0 ? "0" : WEXITSTATUS(status) == 1 ? score : "something else";
}

TEST(Limits, WhoIsNotSparedWhenMemoryIsShortStaysAsHeIs) { EXPECT_EQ(score_after("300"), "300"); }

TEST(Limits, WhoIsSparedIsAsAnyOtherAfterwards) {
    const auto score = score_after("-300");
    if (!score) GTEST_SKIP() << "needs CAP_SYS_RESOURCE";
    EXPECT_EQ(*score, "0");
}

TEST(Clock, CountsNanosecondsForward) {
    const auto monotonic = monotonic_now();
    const auto boottime = boottime_now();
    EXPECT_GE(boottime, monotonic) << "it includes the time asleep";
    EXPECT_GE(monotonic_now(), monotonic);
    EXPECT_GT(realtime_now(), std::int64_t{1'600'000'000} * 1'000'000'000);
}

}  // namespace
}  // namespace superd::os
