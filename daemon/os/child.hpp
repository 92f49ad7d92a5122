// The half of spawn() that runs in the vforked child, and the clone around it.
// It works on plain pointers and allocates nothing, so the keeper can use it too.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <span>

namespace superd::os {

// What the child does between clone and exec, in the order in which it does it.
enum class ChildStep : std::uint8_t {
    clone,
    session,
    signals,
    descriptors,
    cgroup,
    oom_score,
    limits,
    groups,
    gid,
    uid,
    directory,
    exec,
};

// `from` becomes descriptor `to`.
struct ChildDescriptor {
    int from = -1;
    int to = -1;
};

// setrlimit(2), soft and hard.
struct ChildLimit {
    int resource = 0;
    rlim_t value = 0;
};

// Room for a pid and a NUL.
inline constexpr int pid_digits = 12;

// A SpawnPlan with everything laid out for the kernel.
struct ChildPlan {
    const char* const* argv = nullptr;  // Ends with a null pointer, as does env.
    const char* const* env = nullptr;
    std::span<char* const> own_pid;  // Texts in env; the child writes its pid there, with a NUL.
    const char* directory = "/";
    // In ascending order of `to`. The child, which shares our memory, changes `from`.
    std::span<ChildDescriptor> descriptors;
    const char* cgroup_procs = nullptr;
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    std::span<const gid_t> groups;
    mode_t umask = 022;
    rlim_t open_files = 0;
    std::span<const ChildLimit> limits;
    const char* oom_score_adjust = nullptr;  // What to write to /proc/self/oom_score_adj.
    bool sibling = false;
    int parent_death_signal = 0;  // Sent to it by the kernel when its parent ends; 0: none.
};

// The step that failed. `error` 0: none did.
struct ChildFailure {
    ChildStep step{};
    int error = 0;
    // What the step was about: the `to` of a descriptor, the resource of a limit; -1: open files.
    int descriptor = -1;
};

// Starts the plan's process and returns when it has executed its program, or
// could not. The kernel stores the pid in `*pid_slot` before the child's first
// instruction. After a failure a child that is the caller's own has been reaped.
ChildFailure start_child(const ChildPlan& plan, pid_t* pid_slot);

}  // namespace superd::os
