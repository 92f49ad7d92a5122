#include "os/child.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

// The child shares our memory and never returns from these functions: what a
// sanitizer would note about their frames would be wrong for whoever comes after.
#define SUPERD_CHILD_CODE __attribute__((no_sanitize("address", "undefined")))

namespace superd::os {
namespace {

struct Child {
    const ChildPlan& plan;
    pid_t parent;
    ChildFailure failure;  // Written by the child, read by us: the memory is shared.
};

constexpr std::size_t stack_size = 16 * 1024;  // Far more than the frames below need.
constexpr std::size_t signal_count = 64;
constexpr std::size_t kernel_mask_size = 8;

// As the kernel sees it: a zeroed one is SIG_DFL on every architecture.
struct KernelAction {
    std::uint64_t words[4];
};

[[noreturn]] SUPERD_CHILD_CODE void end(Child& child, ChildStep step, int descriptor = -1) {
    child.failure = {step, errno, descriptor};
    ::_exit(127);
}

// Handlers would run on memory we share, and ignored signals would survive the
// exec, so all go before the mask is opened. libc's sigaction() refuses 32 and 33.
SUPERD_CHILD_CODE void reset_signals(Child& child) {
    const KernelAction default_action{};
    for (std::size_t signal = 1; signal <= signal_count; ++signal) {
        ::syscall(SYS_rt_sigaction, signal, &default_action, nullptr, kernel_mask_size);
    }
    const std::uint64_t nothing = 0;
    if (::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, nullptr, kernel_mask_size) != 0) {
        end(child, ChildStep::signals);
    }
}

SUPERD_CHILD_CODE void move_descriptors(Child& child) {
    const auto wanted = child.plan.descriptors;
    const int last = wanted.empty() ? 2 : (wanted.back().to > 2 ? wanted.back().to : 2);
    // Out of the way first: a target may be the source of another.
    for (ChildDescriptor& each : wanted) {
        if (each.from > last) continue;
        each.from = ::fcntl(each.from, F_DUPFD_CLOEXEC, last + 1);
        if (each.from < 0) end(child, ChildStep::descriptors, each.to);
    }
    for (const ChildDescriptor& each : wanted) {
        if (::dup2(each.from, each.to) < 0) end(child, ChildStep::descriptors, each.to);
    }
}

// Descriptors 0, 1 and 2 that nobody named become /dev/null; the rest is closed.
SUPERD_CHILD_CODE void fill_and_close(Child& child) {
    int next = 0;  // The lowest descriptor that is not settled yet.
    int null = -1;
    const auto settle_gap = [&](int end_of_gap) SUPERD_CHILD_CODE {
        for (; next < end_of_gap && next <= 2; ++next) {
            if (null < 0) null = ::open("/dev/null", O_RDWR);
            if (null < 0) end(child, ChildStep::descriptors, next);
            if (null == next) continue;
            if (::dup2(null, next) < 0) end(child, ChildStep::descriptors, next);
        }
        if (next >= end_of_gap) return;
        const auto first = static_cast<unsigned>(next);
        const auto last = static_cast<unsigned>(end_of_gap - 1);
        if (::syscall(SYS_close_range, first, last, 0) != 0) {
            end(child, ChildStep::descriptors, next);
        }
    };
    for (const ChildDescriptor& each : child.plan.descriptors) {
        settle_gap(each.to);
        next = each.to + 1;
    }
    settle_gap(0x7fffffff);
}

SUPERD_CHILD_CODE void join_cgroup(Child& child) {
    if (child.plan.cgroup_procs == nullptr) return;
    const int fd = ::open(child.plan.cgroup_procs, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "0", 1) != 1) end(child, ChildStep::cgroup);
    ::close(fd);
}

// Of this process alone: the kernel knows that whose memory we share only waits for us.
SUPERD_CHILD_CODE void adjust_oom_score(Child& child) {
    const char* const text = child.plan.oom_score_adjust;
    if (text == nullptr) return;
    std::size_t size = 0;
    while (text[size] != '\0') ++size;
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, text, size) < 0) end(child, ChildStep::oom_score);
    ::close(fd);
}

SUPERD_CHILD_CODE void limit_each(Child& child) {
    for (const ChildLimit& each : child.plan.limits) {
        const rlimit both{each.value, each.value};
        const auto resource = static_cast<__rlimit_resource>(each.resource);
        if (::setrlimit(resource, &both) != 0) end(child, ChildStep::limits, each.resource);
    }
}

SUPERD_CHILD_CODE void limit(Child& child) {
    if (child.plan.open_files == 0) return;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) end(child, ChildStep::limits);
    files.rlim_cur = child.plan.open_files;
    if (::setrlimit(RLIMIT_NOFILE, &files) != 0) end(child, ChildStep::limits);
}

// Bare system calls: libc's set*id() would signal the other threads of the
// process whose memory this is to change their identity too.
SUPERD_CHILD_CODE void change_identity(Child& child) {
    constexpr auto unchanged = static_cast<uid_t>(-1);
    const ChildPlan& plan = child.plan;
    if (plan.uid != unchanged &&
        ::syscall(SYS_setgroups, plan.groups.size(), plan.groups.data()) != 0) {
        end(child, ChildStep::groups);
    }
    if (plan.gid != static_cast<gid_t>(-1) && ::syscall(SYS_setgid, plan.gid) != 0) {
        end(child, ChildStep::gid);
    }
    if (plan.uid != unchanged && ::syscall(SYS_setuid, plan.uid) != 0) end(child, ChildStep::uid);
}

// Asked for after the identity has changed, for that change clears it.
SUPERD_CHILD_CODE void tie_to_parent(Child& child) {
    if (child.plan.parent_death_signal == 0) return;
    ::prctl(PR_SET_PDEATHSIG, child.plan.parent_death_signal);
    // It may have died before the call, and then nothing would ever come.
    if (::getppid() != child.parent) ::_exit(127);
}

SUPERD_CHILD_CODE void write_own_pid(char* to) {
    char reversed[pid_digits];
    int count = 0;
    for (long pid = ::syscall(SYS_getpid); pid > 0 && count < pid_digits - 1; pid /= 10) {
        reversed[count++] = static_cast<char>('0' + pid % 10);
    }
    for (int i = 0; i < count; ++i) to[i] = reversed[count - 1 - i];
    to[count] = '\0';
}

SUPERD_CHILD_CODE int run_child(void* argument) {
    Child& child = *static_cast<Child*>(argument);
    const ChildPlan& plan = child.plan;
    if (::setsid() < 0) end(child, ChildStep::session);
    reset_signals(child);
    move_descriptors(child);
    fill_and_close(child);
    join_cgroup(child);
    adjust_oom_score(child);
    limit(child);
    limit_each(child);
    change_identity(child);
    tie_to_parent(child);
    if (::chdir(plan.directory) != 0) end(child, ChildStep::directory);
    ::umask(plan.umask);
    for (char* const each : plan.own_pid) write_own_pid(each);
    ::execve(plan.argv[0], const_cast<char* const*>(plan.argv), const_cast<char* const*>(plan.env));
    end(child, ChildStep::exec);
}

}  // namespace

ChildFailure start_child(const ChildPlan& plan, pid_t* pid_slot) {
    // The caller sleeps until the child has let go of this stack (CLONE_VFORK).
    alignas(16) std::byte stack[stack_size];
    Child child{plan, plan.sibling ? ::getppid() : ::getpid(), {}};
    const std::uint64_t every_signal = ~std::uint64_t{0};
    std::uint64_t mask = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &every_signal, &mask, kernel_mask_size);
    const int flags =
        CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD | (plan.sibling ? CLONE_PARENT : 0);
    const pid_t pid = ::clone(run_child, stack + stack_size, flags, &child, pid_slot);
    if (pid < 0) child.failure = {ChildStep::clone, errno};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, kernel_mask_size);
    if (pid > 0 && child.failure.error != 0 && !plan.sibling) {
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
    }
    return child.failure;
}

}  // namespace superd::os
