// Real process trees for tests: the test process stands in for the keeper.
#pragma once

#include "os/process.hpp"
#include "os/spawn.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace superd::os {

// Shell scripts as leaders of runs. Their processes write lines to a pipe (descriptor
// 3) when they are where the test wants them. Nothing survives the Family.
class Family {
public:
    Family() {
        EXPECT_EQ(0, ::prctl(PR_SET_CHILD_SUBREAPER, 1));
        int ends[2];
        EXPECT_EQ(0, ::pipe2(ends, O_CLOEXEC));
        reading_ = Fd{ends[0]};
        writing_ = Fd{ends[1]};
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    ~Family() {
        // Who forks while it is killed is met in the next round.
        for (std::vector<pid_t> pids = descendants_of(::getpid()); !pids.empty();
             pids = descendants_of(::getpid())) {
            for (const pid_t pid : pids) ::kill(pid, SIGKILL);
            ::waitpid(-1, nullptr, 0);
        }
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    }

    pid_t lead(const std::string& script, std::vector<std::string> env = {},
               std::string cgroup_procs = {}) {
        SpawnPlan plan;
        plan.argv = {"/bin/sh", "-c", script};
        plan.env = std::move(env);
        plan.env.emplace_back("PATH=/usr/bin:/bin");
        plan.descriptors = {{.from = writing_.get(), .to = 3}};
        plan.cgroup_procs = std::move(cgroup_procs);
        plan.sibling = false;
        const auto pid = spawn(plan, nullptr);
        EXPECT_TRUE(pid.has_value()) << (pid ? "" : pid.error().message);
        return pid.value_or(0);
    }

    // The number on the next line that any of them writes, within a minute.
    pid_t told() {
        std::string line;
        pollfd ready{.fd = reading_.get(), .events = POLLIN};
        while (!line.ends_with('\n')) {
            if (::poll(&ready, 1, 60'000) != 1) break;
            char byte = 0;
            if (::read(reading_.get(), &byte, 1) != 1) break;
            line += byte;
        }
        EXPECT_TRUE(line.ends_with('\n')) << "nothing was told: " << line;
        return line.empty() ? 0 : std::stoi(line);
    }

    // Waits until a process is a zombie, or gone.
    static void wait_end(pid_t pid) {
        const auto pidfd = pidfd_open(pid);
        if (!pidfd) return;
        pollfd ended{.fd = pidfd->get(), .events = POLLIN};
        EXPECT_EQ(1, ::poll(&ended, 1, 60'000)) << pid << " lives on";
    }
    static void reap(pid_t pid) { EXPECT_EQ(pid, ::waitpid(pid, nullptr, 0)); }

private:
    Fd reading_, writing_;
};

}  // namespace superd::os
