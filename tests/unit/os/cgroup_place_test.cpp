#include "os/cgroup.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

constexpr const char* mounts =
    "23 1 8:1 / / rw,relatime - ext4 /dev/root rw\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "41 31 0:31 / /sys/fs/cgroup/my\\040unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";

TEST(CgroupPlace, PathIsThatOfTheUnifiedHierarchy) {
    EXPECT_EQ("/a.slice/b:0", parse_cgroup_path("9:cpu:/x\n0::/a.slice/b:0\n"));
    EXPECT_EQ("/", parse_cgroup_path("0::/"));
    EXPECT_EQ(std::nullopt, parse_cgroup_path("9:cpu:/x\n10::/y\n"));
    EXPECT_EQ(std::nullopt, parse_cgroup_path(""));
}

TEST(CgroupPlace, MountIsFoundAmongOthersAndUnescaped) {
    EXPECT_EQ("/sys/fs/cgroup/my unified/a", parse_cgroup_mount(mounts, "/a"));
    EXPECT_EQ("/sys/fs/cgroup/my unified", parse_cgroup_mount(mounts, "/"));
    EXPECT_EQ(std::nullopt, parse_cgroup_mount("", "/a"));
    EXPECT_EQ(std::nullopt, parse_cgroup_mount("41 31 0:31 / /x rw - cgroup cgroup2 rw\n", "/a"));
    EXPECT_EQ(std::nullopt, parse_cgroup_mount("41 31\nx - cgroup2\n - cgroup2 x\n", "/a"));
}

TEST(CgroupPlace, MountOfAPartShowsOnlyThatPart) {
    const char* part = "41 31 0:31 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
    EXPECT_EQ("/sys/fs/cgroup", parse_cgroup_mount(part, "/docker/x"));
    EXPECT_EQ("/sys/fs/cgroup/y", parse_cgroup_mount(part, "/docker/x/y"));
    EXPECT_EQ(std::nullopt, parse_cgroup_mount(part, "/docker/xy"));
    EXPECT_EQ(std::nullopt, parse_cgroup_mount(part, "/docker"));
}

TEST(CgroupPlace, OfThisProcessIsAGroupOrASentence) {
    const auto place = find_cgroup(::getpid());
    if (!place) {
        EXPECT_TRUE(place.error().message().starts_with("cannot find ")) << place.error().message();
        return;
    }
    EXPECT_TRUE(CgroupParent::open(place->directory)) << place->directory;
    EXPECT_FALSE(place->why.empty());
    // PID 1 may use what it can write to; nobody else may for that reason alone.
    const bool writable = ::access(place->directory.c_str(), W_OK) == 0;
    EXPECT_EQ(writable, find_cgroup(1)->delegated) << find_cgroup(1)->why;
}

TEST(CgroupPlace, WhatIsNoGroupIsRefused) {
    EXPECT_EQ("cannot open cgroup /nowhere: No such file or directory",
              CgroupParent::open("/nowhere").error().message());
    EXPECT_EQ("cannot use /tmp as a cgroup v2 group: No such file or directory",
              CgroupParent::open("/tmp").error().message());
}

TEST(CgroupPlace, NameDividesAtItsLastColon) {
    EXPECT_EQ("web:0", cgroup_name("web", 0));
    EXPECT_EQ("a:0:12", cgroup_name("a:0", 12));
}

}  // namespace
}  // namespace superd::os
