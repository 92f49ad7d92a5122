#include "os/cores.hpp"

#include <sched.h>

#include <map>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

constexpr const char* v2_mount =
    "25 30 0:22 / /proc rw - proc proc rw\n31 30 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
constexpr const char* v1_mounts =
    "33 32 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "34 32 0:29 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

std::optional<std::uint32_t> quota(const std::map<std::string, std::string>& files) {
    return cores_by_quota([&](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return std::nullopt;
        return found->second;
    });
}

TEST(Cores, ThereIsNoQuotaWhereNoneIsSet) {
    EXPECT_EQ(quota({}), std::nullopt);
    EXPECT_EQ(quota({{"/proc/self/cgroup", "0::/a/b\n"},
                     {"/proc/self/mountinfo", v2_mount},
                     {"/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"}}),
              std::nullopt);
}

TEST(Cores, AQuotaIsRoundedUpAndTheTightestGroupAboveCounts) {
    std::map<std::string, std::string> files{{"/proc/self/cgroup", "0::/a/b\n"},
                                             {"/proc/self/mountinfo", v2_mount},
                                             {"/sys/fs/cgroup/a/b/cpu.max", "350000 100000\n"}};
    EXPECT_EQ(quota(files), 4u);
    files["/sys/fs/cgroup/a/cpu.max"] = "150000 100000\n";
    EXPECT_EQ(quota(files), 2u);
    files["/sys/fs/cgroup/a/cpu.max"] = "1000 100000\n";
    EXPECT_EQ(quota(files), 1u) << "a part of one processor is still one";
    files["/sys/fs/cgroup/a/cpu.max"] = "rubbish\n";
    EXPECT_EQ(quota(files), 4u);
}

TEST(Cores, TheFirstHierarchyOfControlGroupsIsUnderstoodToo) {
    std::map<std::string, std::string> files{
        {"/proc/self/cgroup", "4:cpu,cpuacct:/docker/x/y\n3:cpuset:/z\n"},
        {"/proc/self/mountinfo", v1_mounts},
        {"/sys/fs/cgroup/cpu,cpuacct/y/cpu.cfs_quota_us", "-1\n"},
        {"/sys/fs/cgroup/cpu,cpuacct/y/cpu.cfs_period_us", "100000\n"}};
    EXPECT_EQ(quota(files), std::nullopt);
    files["/sys/fs/cgroup/cpu,cpuacct/y/cpu.cfs_quota_us"] = "250000\n";
    EXPECT_EQ(quota(files), 3u);
}

TEST(Cores, AffinityBoundsWhatMayBeUsed) {
    cpu_set_t before, one;
    ASSERT_EQ(0, ::sched_getaffinity(0, sizeof before, &before));
    CPU_ZERO(&one);
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (!CPU_ISSET(i, &before)) continue;
        CPU_SET(i, &one);
        break;
    }
    ASSERT_EQ(0, ::sched_setaffinity(0, sizeof one, &one));
    const auto bound = usable_cores();
    ::sched_setaffinity(0, sizeof before, &before);
    EXPECT_EQ(bound, 1u);
    EXPECT_GE(usable_cores(), 1u);
    EXPECT_LE(usable_cores(), static_cast<std::uint32_t>(CPU_COUNT(&before)));
}

}  // namespace
}  // namespace superd::os
