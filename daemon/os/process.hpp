// What /proc and pidfds tell of processes.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::os {

// Fields of /proc/PID/stat. Empty if the process is gone.
struct ProcessStat {
    pid_t pid = 0, parent = 0, group = 0, session = 0;
    std::uint32_t threads = 0;
    char state = '?';               // 'Z' and 'X' are as good as gone.
    std::uint64_t start_ticks = 0;  // Since boot, by sysconf(_SC_CLK_TCK): names it for good.
    std::uint64_t cpu_ticks = 0;    // user + system
    std::uint64_t rss_bytes = 0;
};
std::optional<ProcessStat> process_stat(pid_t pid);
// The kernel's unit of these times, and CLOCK_BOOTTIME at the process's start to within one.
std::int64_t tick_ns();
std::int64_t started_ns(const ProcessStat& stat);

// It has ended and is not reaped, or SIGKILL is on its way to it.
bool is_dying(pid_t pid);

// The value of `name` in /proc/PID/environ, as at exec.
std::optional<std::string> process_environment(pid_t pid, std::string_view name);

// Where the program is that this process runs; empty: the kernel does not tell.
std::string own_directory();

// Direct children, zombies included, from /proc/PID/task/PID/children.
std::vector<pid_t> children_of(pid_t pid);
// The same, and theirs, and so on; parents before children.
std::vector<pid_t> descendants_of(pid_t pid);
// The numbers of its open descriptors, as far as we may see them.
std::vector<int> descriptors_of(pid_t pid);
// What one of them is, as /proc shows it: "/memfd:name (deleted)". Empty: there is none such.
std::string descriptor_target(pid_t pid, int number);
// Every pid in /proc.
std::vector<pid_t> all_processes();

Result<Fd> pidfd_open(pid_t pid);
// Whom a descriptor that somebody sent is about. Empty: it is no pidfd, or that process is gone.
std::optional<pid_t> pidfd_pid(const Fd& pidfd);
// A duplicate of that process's own descriptor (ptrace's permission is needed for it).
Result<Fd> pidfd_getfd(const Fd& pidfd, int number);
// Signal 0 asks whether it lives.
Result<void> pidfd_signal(const Fd& pidfd, int signal);

// The wait status of an ended process of which the caller is not the parent
// (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15). Empty: it lives, or the
// kernel cannot tell.
std::optional<int> pidfd_exit_status(const Fd& pidfd);

}  // namespace superd::os
