#include "os/thread.hpp"

#include "os/fd.hpp"
#include "os/file.hpp"
#include "os/proc_fields.hpp"

#include <sys/syscall.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace superd::os {
namespace {

constexpr std::size_t file_max = 4096;

std::string task_path(pid_t pid, pid_t tid, std::string_view file) {
    std::string path = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid);
    return path.append("/").append(file);
}

struct NamedCall {
    std::int64_t number;
    std::string_view name;
};

// Those in which threads are found asleep. Some architectures have only the newer of two.
constexpr std::array calls{
    NamedCall{SYS_read, "read"},
    NamedCall{SYS_write, "write"},
    NamedCall{SYS_readv, "readv"},
    NamedCall{SYS_writev, "writev"},
    NamedCall{SYS_pread64, "pread64"},
    NamedCall{SYS_pwrite64, "pwrite64"},
    NamedCall{SYS_openat, "openat"},
    NamedCall{SYS_ioctl, "ioctl"},
    NamedCall{SYS_fcntl, "fcntl"},
    NamedCall{SYS_flock, "flock"},
    NamedCall{SYS_fsync, "fsync"},
    NamedCall{SYS_fdatasync, "fdatasync"},
    NamedCall{SYS_sendfile, "sendfile"},
    NamedCall{SYS_splice, "splice"},
    NamedCall{SYS_connect, "connect"},
    NamedCall{SYS_accept, "accept"},
    NamedCall{SYS_accept4, "accept4"},
    NamedCall{SYS_sendto, "sendto"},
    NamedCall{SYS_sendmsg, "sendmsg"},
    NamedCall{SYS_recvfrom, "recvfrom"},
    NamedCall{SYS_recvmsg, "recvmsg"},
    NamedCall{SYS_recvmmsg, "recvmmsg"},
    NamedCall{SYS_futex, "futex"},
    NamedCall{SYS_nanosleep, "nanosleep"},
    NamedCall{SYS_clock_nanosleep, "clock_nanosleep"},
    NamedCall{SYS_ppoll, "ppoll"},
    NamedCall{SYS_pselect6, "pselect6"},
    NamedCall{SYS_epoll_pwait, "epoll_pwait"},
    NamedCall{SYS_epoll_pwait2, "epoll_pwait2"},
    NamedCall{SYS_io_getevents, "io_getevents"},
    NamedCall{SYS_io_uring_enter, "io_uring_enter"},
    NamedCall{SYS_wait4, "wait4"},
    NamedCall{SYS_waitid, "waitid"},
    NamedCall{SYS_rt_sigsuspend, "rt_sigsuspend"},
    NamedCall{SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    NamedCall{SYS_restart_syscall, "restart_syscall"},
    NamedCall{SYS_semtimedop, "semtimedop"},
    NamedCall{SYS_msgrcv, "msgrcv"},
    NamedCall{SYS_mq_timedreceive, "mq_timedreceive"},
    NamedCall{SYS_clone, "clone"},
    NamedCall{SYS_execve, "execve"},
    NamedCall{SYS_mmap, "mmap"},
    NamedCall{SYS_munmap, "munmap"},
    NamedCall{SYS_madvise, "madvise"},
#ifdef SYS_poll
    NamedCall{SYS_poll, "poll"},
#endif
#ifdef SYS_select
    NamedCall{SYS_select, "select"},
#endif
#ifdef SYS_epoll_wait
    NamedCall{SYS_epoll_wait, "epoll_wait"},
#endif
#ifdef SYS_pause
    NamedCall{SYS_pause, "pause"},
#endif
#ifdef SYS_open
    NamedCall{SYS_open, "open"},
#endif
#ifdef SYS_vfork
    NamedCall{SYS_vfork, "vfork"},
#endif
};

}  // namespace

std::vector<pid_t> threads_of(pid_t pid, std::size_t max) {
    std::vector<pid_t> found;
    const std::unique_ptr<DIR, decltype([](DIR* dir) { ::closedir(dir); })> dir{
        ::opendir(("/proc/" + std::to_string(pid) + "/task").c_str())};
    if (!dir) return found;
    while (found.size() < max) {
        const dirent* const entry = ::readdir(dir.get());
        if (entry == nullptr) break;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        found.push_back(number<pid_t>(entry->d_name));
    }
    return found;
}

std::optional<ThreadStat> thread_stat(pid_t pid, pid_t tid) {
    const auto text = read_file(task_path(pid, tid, "stat"), file_max);
    if (!text) return {};
    // The name is in parentheses and may hold any character, even those.
    const auto begin = text->find('('), end = text->rfind(')');
    if (begin == text->npos || end == text->npos || end < begin) return {};
    constexpr int first = 3, last = 39;  // Fields behind the name, numbered as in proc(5).
    std::string_view rest{*text};
    rest.remove_prefix(end + 1);
    std::array<std::string_view, last + 1> field;
    for (int i = first; i <= last; ++i) field[static_cast<std::size_t>(i)] = next_word(rest);
    if (field[first].empty()) return {};
    ThreadStat stat;
    stat.name = text->substr(begin + 1, end - begin - 1);
    stat.state = field[first][0];
    stat.cpu_ticks = number<std::uint64_t>(field[14]) + number<std::uint64_t>(field[15]);
    stat.start_ticks = number<std::uint64_t>(field[22]);
    if (!field[last].empty()) stat.processor = number<std::int32_t>(field[last]);
    return stat;
}

std::optional<ThreadTimes> thread_times(pid_t pid, pid_t tid) {
    const auto text = read_file(task_path(pid, tid, "schedstat"), file_max);
    if (!text) return {};
    std::string_view rest{*text};
    const auto ran = next_word(rest), waited = next_word(rest);
    if (waited.empty()) return {};
    return ThreadTimes{number<std::uint64_t>(ran), number<std::uint64_t>(waited)};
}

std::string wait_channel(pid_t pid, pid_t tid) {
    auto text = read_file(task_path(pid, tid, "wchan"), file_max);
    if (!text || *text == "0") return {};
    return *std::move(text);
}

std::optional<BlockedCall> blocked_call(pid_t pid, pid_t tid) {
    const auto text = read_file(task_path(pid, tid, "syscall"), file_max);
    if (!text) return {};
    // "running", "-1 SP PC" for one that is not in a call, or "NUMBER ARGUMENTS… SP PC".
    std::string_view rest{*text};
    const auto first = next_word(rest);
    if (first.empty() || first[0] < '0' || first[0] > '9') return {};
    BlockedCall call{.number = number<std::int64_t>(first)};
    std::string_view last;
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) last = word;
    if (last.starts_with("0x")) call.program_counter = number<std::uint64_t>(last.substr(2), 16);
    return call;
}

bool catches_signal(pid_t pid, int number) {
    const auto text = read_file("/proc/" + std::to_string(pid) + "/status", 4 * file_max);
    constexpr std::string_view label = "\nSigCgt:\t";
    const auto at = text ? text->find(label) : std::string::npos;
    if (at == std::string::npos || number < 1 || number > 64) return false;
    std::string_view rest{*text};
    rest.remove_prefix(at + label.size());
    return (superd::os::number<std::uint64_t>(next_word(rest), 16) >> (number - 1) & 1) != 0;
}

Result<void> signal_thread(pid_t pid, pid_t tid, std::uint64_t start_ticks, int number) {
    constexpr unsigned pidfd_thread = O_EXCL;  // linux/pidfd.h of 6.9.
    const Fd thread{static_cast<int>(::syscall(SYS_pidfd_open, tid, pidfd_thread))};
    // Only now is it sure that what the descriptor is about is what it was.
    const auto stat = thread_stat(pid, tid);
    if (!stat || stat->start_ticks != start_ticks) {
        return fail(std::errc::no_such_process, "signal thread " + std::to_string(tid));
    }
    const long sent = thread ? ::syscall(SYS_pidfd_send_signal, thread.get(), number, nullptr, 0)
                             : ::syscall(SYS_tgkill, pid, tid, number);
    if (sent != 0) {
        const int error = errno;
        return fail_errno(error, "signal thread " + std::to_string(tid));
    }
    return {};
}

std::string system_call_name(std::int64_t number) {
    const auto* const found = std::ranges::find(calls, number, &NamedCall::number);
    if (found != calls.end()) return std::string{found->name};
    return "call " + std::to_string(number);
}

}  // namespace superd::os
