// Starting a process from a plan: a flat list of plain system calls that a
// vforked child runs without allocation, locks or libc state.
#pragma once

#include "base/result.hpp"
#include "os/child.hpp"
#include "os/fd.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace superd::os {

// What the child does between clone and exec, in this order: setsid; signal
// dispositions and mask reset; descriptors; cgroup; oom score; rlimits; groups, gid, uid;
// chdir; umask; execve.
struct SpawnPlan {
    std::vector<std::string> argv;  // argv[0] is the path to execute; no PATH search.
    std::vector<std::string> env;   // "NAME=value"; nothing is inherited.
    // Names of more variables, whose value is the pid of the process itself.
    std::vector<std::string> own_pid;
    std::string directory = "/";
    // `from` becomes descriptor `to`; all other descriptors from 3 up are closed.
    using Descriptor = ChildDescriptor;
    std::vector<Descriptor> descriptors;  // 0, 1, 2 not named here become /dev/null.
    std::string cgroup_procs;             // Path of a cgroup.procs to write "0" to; empty: none.
    uid_t uid = static_cast<uid_t>(-1);   // -1: unchanged, and then groups too.
    gid_t gid = static_cast<gid_t>(-1);
    std::vector<gid_t> groups;
    mode_t umask = 022;
    rlim_t open_files = 0;  // Soft RLIMIT_NOFILE to give the child; 0: as the caller's.
    // More of them, each soft and hard at once.
    std::vector<ChildLimit> limits;
    std::string oom_score_adjust;  // "-500"; empty: as the caller's.
    // Sent to the process itself by the kernel when its parent ends; 0: none.
    int parent_death_signal = 0;
    bool sibling = true;  // CLONE_PARENT: a child of the caller's parent. False: of the caller.
};

// A step of the plan that failed in the child.
struct SpawnError {
    using Step = ChildStep;
    Step step{};
    int error = 0;        // errno.
    std::string message;  // chdir "/srv/web": No such file or directory
};

// Starts the plan's process and returns its pid once exec has succeeded.
//
// Blocks for as long as the child takes to exec: some 200 µs, unless the
// binary is on a stalled file system. The kernel stores the pid in `*pid_slot`
// before the child's first instruction (CLONE_PARENT_SETTID), so a slot in
// shared memory tells of the child even if the caller dies in the middle.
// `pid_slot` may be null.
// When a step fails the child ends with status 127 and is reaped like any
// other, by the keeper when `sibling` is set, here when it is not.
std::expected<pid_t, SpawnError> spawn(const SpawnPlan& plan, pid_t* pid_slot);

// True for errors that are the machine's and may pass: EAGAIN, ENOMEM, EMFILE, ENFILE.
bool transient(const SpawnError& error);

}  // namespace superd::os
