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
    std::string directory;  // "/sys/fs/cgroup/system.slice/superd.service"
    // The group below it that superd's own processes are in, or are to be moved to: "superd".
    std::string own = "superd";
    bool settled = false;    // They are in it.
    bool delegated = false;  // It is ours to make groups in.
    std::string why;         // Why it is, or is not; completes "the cgroup is [not] used: ".
};

// What superd is started with that may make a group its own.
struct CgroupClaim {
    pid_t keeper = 0;   // superd's main process.
    bool told = false;  // SUPERD_DELEGATE=yes: its unit has Delegate=yes.
};

// Finds it by /proc/self/cgroup and /proc/self/mountinfo.
//
// Ours to use is a group marked by its manager (user.delegate or
// trusted.delegate is 1, as systemd's Delegate= does), the root of a cgroup
// namespace, or any when superd itself is PID 1. A user's own systemd marks none
// (as of 254), so there the unit itself says so (`told`). Else somebody unknown
// manages it, and superd keeps out. superd may be in a group below that one:
// systemd's DelegateSubgroup= puts it there, and so does superd itself (`own`).
Result<CgroupPlace> find_cgroup(const CgroupClaim& claim);

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

// What the kernel counts. Empty where a controller, or the kernel's accounting of it, is missing.
struct CgroupUsage {
    std::optional<std::uint64_t> memory_bytes, swap_bytes;  // Now.
    std::optional<std::uint64_t> memory_peak;               // Since the group was made.
    std::optional<std::uint64_t> cpu_us;                    // Likewise.
    std::optional<std::uint64_t> tasks;                     // Processes and threads.
    // The share of the last ten seconds, in percent, in which some of them waited for it.
    std::optional<double> cpu_pressure, memory_pressure, io_pressure;
};

// Whether processes are to stand still, and whether all do.
struct CgroupFreeze {
    bool asked = false, still = false;
};

// The group that superd makes its groups in. Holds one descriptor however many
// there are. All names are names of groups directly below it.
class CgroupParent {
public:
    static Result<CgroupParent> open(std::string directory);

    // True: it was made. One that exists already is taken as it is.
    Result<bool> create(const std::string& name) const;
    // For SpawnPlan::cgroup_procs.
    std::string procs_path(const std::string& name) const;
    // For CgroupWatch::add.
    std::string events_path(const std::string& name) const;
    std::string memory_events_path(const std::string& name) const;

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
    std::optional<std::uint64_t> cpu_us(const std::string& name) const;
    // How many processes in it and below it the kernel has killed for want of memory since the
    // group was made. Empty without the memory controller.
    std::optional<std::uint64_t> oom_kills(const std::string& name) const;

    // Writes a control file of it, as "memory.max".
    Result<void> write(const std::string& name, std::string_view file,
                       std::string_view value) const;
    // Has all in it and below it stand still, in a while, or go on, at once. SIGKILL ends those too
    // that stand still; other signals wait.
    Result<void> freeze(const std::string& name, bool on) const;
    CgroupFreeze frozen(const std::string& name) const;

    // Removes it and what the service made below it. EBUSY while processes are
    // in it: try again at the next event of the group.
    Result<void> remove(const std::string& name) const;

    // Moves a process. With superd's own three in a group of their own,
    // controllers may be passed on (no group but a root may have both).
    Result<void> move(const std::string& name, pid_t pid) const;
    // Passes memory, pids, cpu and io on to the groups below; tells which cannot be, and why, as a
    // sentence.
    struct Refused {
        std::string controller, why;
    };
    std::vector<Refused> enable_controllers() const;
    // Those that the groups below have.
    std::vector<std::string> controllers() const;

    const std::string& directory() const { return directory_; }

private:
    CgroupParent(Fd fd, std::string directory)
        : fd_{std::move(fd)}, directory_{std::move(directory)} {}

    Fd fd_;
    std::string directory_;
};

}  // namespace superd::os
