// Control groups (v2): one below superd's own for each instance, so that the
// kernel itself knows which processes belong to it.
//
// A group is named `unit:index` ("web:0"; the last colon divides, so unit names
// may hold colons) and serves all runs of its instance one after another.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::os {

// Where this process is in the cgroup v2 hierarchy.
struct CgroupPlace {
    std::string directory;   // "/sys/fs/cgroup/system.slice/superd.service"
    bool delegated = false;  // It is ours to make groups in.
    std::string why;         // Why it is, or is not; completes "the cgroup is [not] used: ".
};

// Finds it by /proc/self/cgroup and /proc/self/mountinfo. `keeper` is superd's main process.
//
// Ours to use is a group marked by its manager (user.delegate or
// trusted.delegate is 1, as systemd's Delegate= does), the root of a cgroup
// namespace, or any when superd itself is PID 1. Else somebody unknown manages
// it, and superd keeps out.
Result<CgroupPlace> find_cgroup(pid_t keeper);

// "web:0"
std::string cgroup_name(std::string_view unit, std::uint32_t index);

// The path in the line "0::PATH" of /proc/PID/cgroup; with a controller, in the line of
// that one's v1 hierarchy.
std::optional<std::string> parse_cgroup_path(std::string_view text,
                                             std::string_view controller = {});

// The directory in which a mount of /proc/PID/mountinfo shows the group at `path`: one of
// cgroup2, or of a controller's v1 hierarchy.
std::optional<std::string> parse_cgroup_mount(std::string_view mountinfo, std::string_view path,
                                              std::string_view controller = {});

// What the kernel counted. Empty where a controller is missing.
struct CgroupUsage {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> cpu_us;
    std::optional<std::uint64_t>
        oom_kills;  // Since the group was made; compare with an earlier reading.
};

// The group that superd makes its groups in. Holds one descriptor however many
// there are. All names are names of groups directly below it.
class CgroupParent {
public:
    static Result<CgroupParent> open(std::string directory);

    // One that exists already is taken as it is.
    Result<void> create(const std::string& name) const;
    // For SpawnPlan::cgroup_procs.
    std::string procs_path(const std::string& name) const;
    // For CgroupWatch::add.
    std::string events_path(const std::string& name) const;

    // True while a process lives in it or below it; zombies do not count.
    // A group that does not exist has none.
    Result<bool> populated(const std::string& name) const;
    // Those in it and below it.
    std::vector<pid_t> processes(const std::string& name) const;

    // Sends to each process in it and below it; tells how many got it. A pid
    // that has left the group meanwhile is not hit.
    Result<std::size_t> signal(const std::string& name, int number) const;
    // SIGKILL to all of them in one stroke (cgroup.kill, Linux 5.14), else one by one.
    Result<void> kill(const std::string& name) const;

    CgroupUsage usage(const std::string& name) const;

    // Removes it and what the service made below it. EBUSY while processes are
    // in it: try again at the next event of the group.
    Result<void> remove(const std::string& name) const;

    // Moves a process. With superd's own three in a group of their own,
    // controllers may be passed on (no group but a root may have both).
    Result<void> move(const std::string& name, pid_t pid) const;
    // Passes memory, pids and cpu on to the groups below, those that are there.
    Result<void> enable_controllers() const;

    const std::string& directory() const { return directory_; }

private:
    CgroupParent(Fd fd, std::string directory)
        : fd_{std::move(fd)}, directory_{std::move(directory)} {}

    Fd fd_;
    std::string directory_;
};

}  // namespace superd::os
