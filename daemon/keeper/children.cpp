#include "keeper/children.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace superd::keeper {
namespace {

std::int64_t microseconds(const timeval& time) {
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

// The bare call: libc's waitid() keeps the fifth argument to itself.
bool wait_for(pid_t pid, int options, siginfo_t& info, rusage& used) {
    const idtype_t which = pid != 0 ? P_PID : P_ALL;
    long result = 0;
    do {
        info.si_pid = 0;
        result = ::syscall(SYS_waitid, which, pid, &info, options | WEXITED | WNOHANG, &used);
    } while (result != 0 && errno == EINTR);
    return result == 0 && info.si_pid != 0;
}

}  // namespace

int Exit::wait_status() const {
    if (code == CLD_EXITED) return W_EXITCODE(status, 0);
    return W_EXITCODE(0, status) | (code == CLD_DUMPED ? WCOREFLAG : 0);
}

bool peek_exit(pid_t pid, Exit& exit) {
    siginfo_t info{};
    rusage used{};
    if (!wait_for(pid, WNOWAIT, info, used)) return false;
    exit = {info.si_pid, info.si_code, info.si_status,
            microseconds(used.ru_utime) + microseconds(used.ru_stime), used.ru_maxrss};
    return true;
}

void reap(pid_t pid) {
    siginfo_t info{};
    rusage used{};
    wait_for(pid, 0, info, used);
}

bool Children::begin() {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/children", ::getpid());
    list_ = os::Fd{::open(path, O_RDONLY | O_CLOEXEC)};
    size_ = at_ = 0;
    return static_cast<bool>(list_);
}

// proc_pid_children(5): "17 18 20 ", and a pid may lie across two reads.
pid_t Children::next() {
    pid_t pid = 0;
    while (list_) {
        if (at_ == size_) {
            const ssize_t size = ::read(list_.get(), text_.data(), text_.size());
            if (size <= 0) {
                list_.reset();
                break;
            }
            size_ = static_cast<std::size_t>(size);
            at_ = 0;
        }
        const char each = text_[at_++];
        if (each >= '0' && each <= '9') {
            pid = pid * 10 + (each - '0');
        } else if (pid != 0) {
            break;
        }
    }
    return pid;
}

}  // namespace superd::keeper
