#include "supervisor/own_child.hpp"

#include "os/fd.hpp"
#include "os/process.hpp"
#include "supervisor/exit_status.hpp"

#include <sys/eventfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace superd::supervisor {

OwnChild::OwnChild(const boost::asio::any_io_executor& executor, pid_t pid)
    : pid_{pid}, pidfd_{executor} {}

std::expected<std::shared_ptr<OwnChild>, std::string> OwnChild::start(
    const boost::asio::any_io_executor& executor, os::SpawnPlan plan, Ended ended) {
    plan.sibling = false;
    plan.parent_death_signal = SIGKILL;
    // Keeps a descriptor free for the pidfd, without which nobody could wait for the child.
    os::Fd reserve{::eventfd(0, EFD_CLOEXEC)};
    if (!reserve) {
        return std::unexpected{"cannot start: " + std::generic_category().message(errno)};
    }
    pid_t slot = 0;
    const auto pid = os::spawn(plan, &slot);
    if (!pid) return std::unexpected{"cannot start: " + pid.error().message};
    reserve.reset();
    auto pidfd = os::pidfd_open(*pid);
    auto child = std::make_shared<OwnChild>(executor, *pid);
    if (!pidfd) {
        static_cast<void>(child->reap());  // Killed first, so this does not take long.
        return std::unexpected{"cannot start: " + pidfd.error().message()};
    }
    child->pidfd_.assign(pidfd->release());
    child->wait(std::move(ended));
    return child;
}

// It lives on until it is reaped, even when nobody wants it any more: the wait holds it.
void OwnChild::wait(Ended ended) {
    pidfd_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [child = shared_from_this(), told = std::move(ended)](boost::system::error_code) mutable {
            // Asio may tell of what came for a descriptor that was closed just now.
            if (child->runs()) return child->wait(std::move(told));
            told(child->reap());
        });
}

bool OwnChild::runs() const {
    siginfo_t info{};
    const int flags = WEXITED | WNOHANG | WNOWAIT;
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, flags) == 0 && info.si_pid == 0;
}

void OwnChild::kill_group() const { ::kill(-pid_, SIGKILL); }

core::ExitStatus OwnChild::reap() {
    kill_group();  // What it left behind.
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
    return exit_status(info.si_code, info.si_status);
}

}  // namespace superd::supervisor
