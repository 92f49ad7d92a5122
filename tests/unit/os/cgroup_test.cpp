// Real groups, in one made for the purpose.
#include "os/cgroup.hpp"

#include "os/cgroup_watch.hpp"
#include "tests/unit/os/family.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superd::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Cgroup : public testing::Test {
protected:
    void SetUp() override {
        for (const char* mount : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}) {
            const auto root = CgroupParent::open(mount);
            if (!root ||
                ::access((std::string{mount} + "/cgroup.subtree_control").c_str(), F_OK) != 0) {
                continue;
            }
            const std::string directory =
                std::string{mount} + "/superd-test-" + std::to_string(::getpid());
            if (::mkdir(directory.c_str(), 0755) != 0) continue;
            directory_ = directory;
            parent_.emplace(std::move(CgroupParent::open(directory).value()));
            return;
        }
        GTEST_SKIP() << "no cgroup v2 hierarchy is writable here: nothing of cgroups was tested";
    }
    void TearDown() override {
        if (!parent_) return;
        // A zombie that is not reaped yet does not keep its group busy.
        EXPECT_TRUE(parent_->kill("a:0")) << "no such group?";
        wait_empty("a:0");
        EXPECT_TRUE(parent_->remove("a:0"));
        EXPECT_EQ(0, ::rmdir(directory_.c_str())) << std::strerror(errno);
    }

    // Waits for the event that tells that a group is empty, a minute at most.
    void wait_empty(const std::string& name) const {
        auto watch = CgroupWatch::open();
        if (!watch->add(parent_->events_path(name), 1)) return;
        pollfd ready{.fd = watch->descriptor(), .events = POLLIN};
        while (parent_->populated(name).value() && ::poll(&ready, 1, 60'000) == 1) watch->read();
        EXPECT_FALSE(parent_->populated(name).value());
    }
    pid_t lead(const std::string& script) {
        return family_.lead(script, {}, parent_->procs_path("a:0"));
    }

    std::string directory_;
    std::optional<CgroupParent> parent_;
    Family family_;
};

TEST_F(Cgroup, CreatingTwiceIsCreatingOnce) {
    ASSERT_TRUE(parent_->create("a:0"));
    ASSERT_TRUE(parent_->create("a:0"));
    EXPECT_EQ(false, parent_->populated("a:0").value());
    EXPECT_EQ(false, parent_->populated("none:0").value()) << "what is not there has nobody";
    EXPECT_THAT(parent_->processes("a:0"), IsEmpty());
    EXPECT_TRUE(parent_->remove("none:0"));
}

TEST_F(Cgroup, HoldsWhatLeftSessionParentAndEnvironment) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t leader = lead(
        "env -i /usr/bin/setsid /bin/sh -c 'trap \"\" TERM; echo $$ >&3; while :; do /bin/sleep "
        "1000; done' & exit 0");
    const pid_t orphan = family_.told();
    Family::wait_end(leader);
    EXPECT_EQ(true, parent_->populated("a:0").value());
    EXPECT_THAT(parent_->processes("a:0"), testing::Contains(orphan));
    EXPECT_THAT(parent_->processes("a:0"), testing::Not(testing::Contains(leader)));

    ASSERT_GE(parent_->signal("a:0", SIGTERM).value(), 1u);
    EXPECT_EQ(true, parent_->populated("a:0").value()) << "it ignores SIGTERM";
    EXPECT_EQ(EBUSY, parent_->remove("a:0").error().code.value());
    ASSERT_TRUE(parent_->kill("a:0"));
    Family::wait_end(orphan);
    wait_empty("a:0");
}

TEST_F(Cgroup, ZombieDoesNotCount) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t leader = lead("exit 0");
    Family::wait_end(leader);
    EXPECT_EQ(false, parent_->populated("a:0").value());
    EXPECT_EQ(0u, parent_->signal("a:0", SIGKILL).value());
}

TEST_F(Cgroup, WhatTheServiceMadeBelowBelongsToIt) {
    ASSERT_TRUE(parent_->create("a:0"));
    const std::string below = directory_ + "/a:0/mine/deeper";
    const pid_t leader = lead("mkdir -p " + below + " && echo 0 >" + below +
                              "/cgroup.procs && echo $$ >&3; exec sleep 1000");
    EXPECT_EQ(leader, family_.told());
    EXPECT_EQ(true, parent_->populated("a:0").value());
    EXPECT_THAT(parent_->processes("a:0"), ElementsAre(leader));
    EXPECT_EQ(1u, parent_->signal("a:0", SIGTERM).value());
    Family::wait_end(leader);
    wait_empty("a:0");
    ASSERT_TRUE(parent_->remove("a:0"));
    EXPECT_NE(0, ::access((directory_ + "/a:0").c_str(), F_OK));
    ASSERT_TRUE(parent_->create("a:0"));
}

TEST_F(Cgroup, WatchTellsWhoBecameEmptyAndWhoseEventsItWere) {
    ASSERT_TRUE(parent_->create("a:0"));
    ASSERT_TRUE(parent_->create("b:0"));
    auto watch = CgroupWatch::open();
    ASSERT_TRUE(watch);
    ASSERT_TRUE(watch->add(parent_->events_path("a:0"), 7));
    ASSERT_TRUE(watch->add(parent_->events_path("b:0"), 8));
    EXPECT_THAT(watch->read(), IsEmpty());
    const pid_t leader = lead("echo $$ >&3; exec sleep 1000");
    family_.told();
    ::kill(leader, SIGKILL);
    pollfd ready{.fd = watch->descriptor(), .events = POLLIN};
    while (parent_->populated("a:0").value()) {
        ASSERT_EQ(1, ::poll(&ready, 1, 60'000));
        EXPECT_THAT(watch->read(), ElementsAre(7));
    }
    // Whoever comes second under one id takes the first one's place, as a group
    // does that was made anew.
    ASSERT_TRUE(parent_->remove("b:0"));
    ASSERT_TRUE(parent_->create("b:0"));
    ASSERT_TRUE(watch->add(parent_->events_path("b:0"), 8));
    ASSERT_TRUE(watch->add(parent_->events_path("a:0"), 8));
    lead("exit 0");
    std::vector<std::uint64_t> told;
    while (told.empty() && ::poll(&ready, 1, 60'000) == 1) told = watch->read();
    EXPECT_THAT(told, ElementsAre(8));
    wait_empty("a:0");
    watch->remove(8);
    watch->remove(8);
    watch->read();
    family_.wait_end(lead("exit 0"));
    wait_empty("a:0");  // By then the event would have come.
    EXPECT_THAT(watch->read(), IsEmpty());
    ASSERT_TRUE(parent_->remove("b:0"));
    EXPECT_FALSE(watch->add(parent_->events_path("b:0"), 8));
}

TEST_F(Cgroup, UsageTellsWhatTheControllersCount) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t leader =
        lead("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $$ >&3; exec sleep 1000");
    family_.told();
    const CgroupUsage usage = parent_->usage("a:0");
    ASSERT_TRUE(usage.cpu_us) << "cpu.stat needs no controller";
    EXPECT_GT(*usage.cpu_us, 0u);
    const std::string group = directory_ + "/a:0/";
    EXPECT_EQ(::access((group + "memory.current").c_str(), R_OK) == 0,
              usage.memory_bytes.has_value());
    EXPECT_EQ(::access((group + "memory.events").c_str(), R_OK) == 0,
              parent_->oom_kills("a:0").has_value());
    EXPECT_FALSE(parent_->usage("none:0").cpu_us);
    ::kill(leader, SIGKILL);
}

TEST_F(Cgroup, StandsStillUntilItIsLetGo) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t leader = lead("trap 'echo 1 >&3; exit' TERM; echo $$ >&3; while :; do :; done");
    EXPECT_EQ(leader, family_.told());
    auto watch = CgroupWatch::open();
    ASSERT_TRUE(watch->add(parent_->events_path("a:0"), 1));
    EXPECT_FALSE(parent_->frozen("a:0").asked);
    ASSERT_TRUE(parent_->freeze("a:0", true));
    pollfd ready{.fd = watch->descriptor(), .events = POLLIN};
    while (!parent_->frozen("a:0").still && ::poll(&ready, 1, 60'000) == 1) watch->read();
    EXPECT_TRUE(parent_->frozen("a:0").asked);
    EXPECT_TRUE(parent_->frozen("a:0").still);
    ::kill(leader, SIGTERM);
    EXPECT_TRUE(parent_->frozen("a:0").still) << "the signal waits";
    ASSERT_TRUE(parent_->freeze("a:0", false));
    EXPECT_EQ(1, family_.told()) << "and is seen";
    Family::wait_end(leader);
    EXPECT_FALSE(parent_->frozen("a:0").asked);
    EXPECT_FALSE(parent_->frozen("none:0").asked);
    EXPECT_FALSE(parent_->freeze("none:0", true));
}

TEST_F(Cgroup, IsKilledWhileItStandsStill) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t leader = lead("echo $$ >&3; exec sleep 1000");
    family_.told();
    ASSERT_TRUE(parent_->freeze("a:0", true));
    ASSERT_TRUE(parent_->kill("a:0"));
    Family::wait_end(leader);
    ASSERT_TRUE(parent_->freeze("a:0", false));
}

TEST_F(Cgroup, MovesAProcessAndPassesControllersOn) {
    ASSERT_TRUE(parent_->create("a:0"));
    const pid_t pid = family_.lead("echo $$ >&3; exec sleep 1000");
    family_.told();
    ASSERT_TRUE(parent_->move("a:0", pid));
    EXPECT_THAT(parent_->processes("a:0"), ElementsAre(pid));
    EXPECT_EQ(ESRCH, parent_->move("a:0", 2'000'000'000).error().code.value());
    for (const auto& refused : parent_->enable_controllers()) {
        EXPECT_THAT(refused.why, testing::HasSubstr(refused.controller + " controller"));
        EXPECT_THAT(parent_->controllers(), testing::Not(testing::Contains(refused.controller)));
    }
}

}  // namespace
}  // namespace superd::os
