// What /proc tells of one thread: whether it computes, waits for a processor, or sleeps, and where.
//
// All of it is about a moment; a thread may be gone at the next one, and its number another's.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::os {

// Threads of a process in the kernel's order, the main one first; at most `max` of them.
std::vector<pid_t> threads_of(pid_t pid, std::size_t max);

// /proc/PID/task/TID/stat. Empty if the thread is gone.
struct ThreadStat {
    std::string name;
    char state = '?';               // As proc(5) has it: 'R', 'S', 'D', 'T', 't', 'Z', 'I'
    std::uint64_t start_ticks = 0;  // With the number: this very thread.
    std::uint64_t cpu_ticks = 0;    // user + system
    std::int32_t processor = -1;    // On which it ran last.
};
std::optional<ThreadStat> thread_stat(pid_t pid, pid_t tid);

// /proc/PID/task/TID/schedstat, in nanoseconds since it was made. Empty if the
// thread is gone, or the kernel does not count.
struct ThreadTimes {
    std::uint64_t ran_ns = 0;
    std::uint64_t waited_ns = 0;  // It could have run, and had no processor.
};
std::optional<ThreadTimes> thread_times(pid_t pid, pid_t tid);

// The function of the kernel in which it sleeps: "futex_wait_queue". Empty: it
// runs, or we may not know.
std::string wait_channel(pid_t pid, pid_t tid);

// The system call in which it sleeps. Empty: it runs, sleeps for another reason (a page
// fault, a stop), or we may not know: asking needs the right to trace it.
struct BlockedCall {
    std::int64_t number = -1;
    std::uint64_t program_counter = 0;  // Of the process itself.
};
std::optional<BlockedCall> blocked_call(pid_t pid, pid_t tid);

// "futex"; "call 1234" for one that has no name here.
std::string system_call_name(std::int64_t number);

// True if the process has a handler of its own for the signal, so that it does no harm.
bool catches_signal(pid_t pid, int number);
// Sends it to that very thread: to none whose number is the same since it ended, where the kernel
// can tell them apart (Linux 6.9).
Result<void> signal_thread(pid_t pid, pid_t tid, std::uint64_t start_ticks, int number);

}  // namespace superd::os
