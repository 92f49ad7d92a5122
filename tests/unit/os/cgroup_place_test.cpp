#include "os/cgroup.hpp"
#include "os/file.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

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
    const auto place = find_cgroup({.keeper = ::getpid()});
    if (!place) {
        EXPECT_TRUE(place.error().message().starts_with("cannot find ")) << place.error().message();
        return;
    }
    EXPECT_TRUE(CgroupParent::open(place->directory)) << place->directory;
    EXPECT_FALSE(place->why.empty());
    // PID 1 may use what it can write to; nobody else may for that reason alone.
    const bool writable = ::access(place->directory.c_str(), W_OK) == 0;
    EXPECT_EQ(writable, find_cgroup({.keeper = 1})->delegated) << find_cgroup({.keeper = 1})->why;
}

// In a group made for the purpose, below which the calling process is moved for a while.
class MadeCgroup : public testing::Test {
protected:
    void make(const char* suffix) {
        for (const char* mount : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}) {
            top_ = std::string{mount} + "/superd-place-" + std::to_string(::getpid()) + suffix;
            const bool v2 =
                ::access((std::string{mount} + "/cgroup.subtree_control").c_str(), F_OK) == 0;
            if (v2 && ::mkdir(top_.c_str(), 0755) == 0) return;
        }
        top_.clear();
    }
    void remove() {
        if (top_.empty()) return;
        EXPECT_EQ(::rmdir(top_.c_str()), 0) << std::strerror(errno);
        top_.clear();
    }
    void TearDown() override { remove(); }
    // What a process finds that is in the group `name` below the made one.
    CgroupPlace found_in(const std::string& name, bool told = false) const {
        const std::string group = top_ + (name.empty() ? "" : "/" + name);
        ::mkdir(group.c_str(), 0755);
        const auto before = parse_cgroup_path(read_file("/proc/self/cgroup", 4096).value());
        const auto mounts = read_file("/proc/self/mountinfo", 1 << 20).value();
        std::ofstream{group + "/cgroup.procs"} << ::getpid();
        const auto place = find_cgroup({.keeper = ::getpid(), .told = told});
        std::ofstream{parse_cgroup_mount(mounts, *before).value() + "/cgroup.procs"} << ::getpid();
        if (!name.empty()) ::rmdir(group.c_str());
        return place.value();
    }

    std::string top_;
};

class DelegatedCgroup : public MadeCgroup {
protected:
    void SetUp() override {
        make("");
        const bool marked =
            !top_.empty() && ::setxattr(top_.c_str(), "user.delegate", "1", 1, 0) == 0;
        if (marked) return;
        remove();
        GTEST_SKIP() << "no cgroup v2 hierarchy may be marked here: delegation was not tested";
    }
};

// As a user's systemd leaves it: without a mark.
class UnitsCgroup : public MadeCgroup {
protected:
    void SetUp() override {
        make(".service");
        if (top_.empty()) GTEST_SKIP() << "no group of cgroup v2 can be made here";
    }
};

TEST_F(UnitsCgroup, IsUsedOnlyIfItsUnitSaysThatItIsDelegated) {
    EXPECT_FALSE(found_in("").delegated);
    const auto place = found_in("", true);
    EXPECT_EQ(place.directory, top_);
    EXPECT_TRUE(place.delegated) << place.why;
    EXPECT_FALSE(place.settled);
}

TEST_F(UnitsCgroup, IsWhatIsAboveTheSubgroupThatItIsIn) {
    for (const char* const own : {"main", "superd"}) {
        EXPECT_FALSE(found_in(own).delegated);
        const auto place = found_in(own, true);
        EXPECT_EQ(place.directory, top_);
        EXPECT_TRUE(place.delegated) << place.why;
        EXPECT_TRUE(place.settled);
        EXPECT_EQ(place.own, own);
    }
}

TEST_F(UnitsCgroup, IsNoneThatIsNoUnits) {
    ::mkdir((top_ + "/a").c_str(), 0755);
    EXPECT_FALSE(found_in("a/b", true).delegated);
    ::rmdir((top_ + "/a").c_str());
}

TEST_F(DelegatedCgroup, IsItsOwn) {
    const auto place = found_in("");
    EXPECT_EQ(place.directory, top_);
    EXPECT_TRUE(place.delegated) << place.why;
    EXPECT_FALSE(place.settled);
    EXPECT_EQ(place.own, "superd");
}

TEST_F(DelegatedCgroup, IsWhatIsAboveTheSubgroupThatItWasStartedIn) {
    const auto place = found_in("main");
    EXPECT_EQ(place.directory, top_);
    EXPECT_TRUE(place.delegated) << place.why;
    EXPECT_TRUE(place.settled) << "it is not moved";
    EXPECT_EQ(place.own, "main");
}

TEST_F(DelegatedCgroup, IsFoundAgainOnceSuperdHasMoved) {
    const auto place = found_in("superd");
    EXPECT_EQ(place.directory, top_);
    EXPECT_TRUE(place.delegated);
    EXPECT_TRUE(place.settled);
}

TEST_F(DelegatedCgroup, IsNotWhatSomebodyElseMadeDeeper) {
    ::mkdir((top_ + "/a").c_str(), 0755);
    const auto place = found_in("a/b");
    ::rmdir((top_ + "/a").c_str());
    EXPECT_FALSE(place.delegated);
    EXPECT_EQ(place.directory, top_ + "/a/b");
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
