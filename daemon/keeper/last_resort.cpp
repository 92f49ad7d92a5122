#include "keeper/last_resort.hpp"

#include "keeper/options.hpp"
#include "keeper/report.hpp"
#include "os/clock.hpp"

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace superd::keeper {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t patience = 5 * second;

// Reaps until no child is left or the time has come. True: none is left.
bool reap_all(std::int64_t until) {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    for (;;) {
        const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
        if (pid > 0) continue;
        if (pid < 0 && errno == ECHILD) return true;
        const std::int64_t left = until - os::monotonic_now();
        if (left <= 0) return false;
        // SIGCHLD is blocked, so one that came since waitpid() is still there.
        const timespec time{left / second, left % second};
        ::sigtimedwait(&child, nullptr, &time);
    }
}

}  // namespace

void end_everything() {
    report("cannot stop the services in order: the supervisor cannot be started; ",
           "sending SIGTERM to all");
    ::kill(-1, SIGTERM);
    ::kill(-1, SIGCONT);
    if (!reap_all(os::monotonic_now() + patience)) {
        report("sending SIGKILL to those that ignored SIGTERM");
        ::kill(-1, SIGKILL);
        reap_all(os::monotonic_now() + patience);
    }
    ::_exit(exit_supervisor_failed);
}

}  // namespace superd::keeper
