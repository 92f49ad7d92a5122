#include "os/limits.hpp"

#include "os/clock.hpp"

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

TEST(Clock, CountsNanosecondsForward) {
    const auto monotonic = monotonic_now();
    const auto boottime = boottime_now();
    EXPECT_GE(boottime, monotonic) << "it includes the time asleep";
    EXPECT_GE(monotonic_now(), monotonic);
    EXPECT_GT(realtime_now(), std::int64_t{1'600'000'000} * 1'000'000'000);
}

}  // namespace
}  // namespace superd::os
