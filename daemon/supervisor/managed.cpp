// superd under a service manager: what is kept there for the next superd, and making way for it.
#include "os/process.hpp"
#include "supervisor/pidfd_name.hpp"
#include "supervisor/supervisor.hpp"

#include <array>

namespace superd::supervisor {
namespace {

constexpr std::chrono::seconds last_lines_patience{2};

}  // namespace

// A process that has ended is not reaped before its exit is acknowledged: its number is its own
// yet.
void Supervisor::hold_pidfd(core::RunId run, pid_t pid) {
    const auto pidfd = os::pidfd_open(pid);
    if (!pidfd) return complain(pidfd.error());
    link_.hold(pidfd_name(run), std::array{pidfd->get()});
}

// superd ends and its services run on. What a new supervisor takes over from the records after a
// crash it takes over now: only what nobody could find again is waited for, the last lines of those
// that have ended.
void Supervisor::detach() {
    if (system_.shutting_down() || detaching_) return;
    log_.info("ending; the services run on");
    say("superd ends and leaves its services running");
    detaching_ = true;
    deadline_.expires_after(last_lines_patience);
    deadline_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        log_wait_over_ = true;
        settle();
    });
    settle();
}

void Supervisor::detach_if_done() {
    if (!logs_.settled() && !log_wait_over_) return;
    detaching_ = false;
    publish();
    link_.finished_alone();
    end(0);
}

}  // namespace superd::supervisor
