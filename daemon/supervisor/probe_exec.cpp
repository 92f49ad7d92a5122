// A probe that is a program: exit 0 says yes.
#include "os/fd.hpp"
#include "os/process.hpp"
#include "supervisor/exit_status.hpp"
#include "supervisor/probe.hpp"

#include <sys/eventfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace superd::supervisor {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

// The probe's process. It lives on until it is reaped, even when the probe
// that wanted it does not: the wait for its end holds it.
struct Child {
    Child(const asio::any_io_executor& executor, pid_t child_pid)
        : pid{child_pid}, pidfd{executor} {}

    // It leads a session and so a group; unreaped, its number is its own.
    void kill_group() const { ::kill(-pid, SIGKILL); }

    core::ExitStatus reap() {
        kill_group();  // What it left behind.
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
        return exit_status(info.si_code, info.si_status);
    }

    pid_t pid;
    Descriptor pidfd;
};

class ExecProbe final : public Probe {
public:
    ExecProbe(const asio::any_io_executor& executor, Done done)
        : executor_{executor}, done_{std::move(done)} {}

    ~ExecProbe() override {
        if (child_) child_->kill_group();
    }

    void start(const os::SpawnPlan& plan) {
        const std::string problem = spawn(plan);
        if (!child_) {
            return asio::post(executor_, [this, alive = std::weak_ptr{alive_}, problem] {
                if (!alive.expired()) finish(problem);
            });
        }
        child_->pidfd.async_wait(
            Descriptor::wait_read,
            [this, child = child_, alive = std::weak_ptr{alive_}](boost::system::error_code) {
                const core::ExitStatus status = child->reap();
                if (!alive.expired()) ended(status);
            });
    }

private:
    // Fills in `child_`, or says why not.
    std::string spawn(const os::SpawnPlan& plan) {
        // Keeps a descriptor free for the pidfd, without which nobody could wait for the child.
        os::Fd reserve{::eventfd(0, EFD_CLOEXEC)};
        if (!reserve) return "cannot start: " + std::generic_category().message(errno);
        pid_t slot = 0;
        const auto pid = os::spawn(plan, &slot);
        if (!pid) return "cannot start: " + pid.error().message;

        reserve.reset();
        auto pidfd = os::pidfd_open(*pid);
        auto child = std::make_shared<Child>(executor_, *pid);
        if (!pidfd) {
            static_cast<void>(child->reap());  // Killed first, so this does not take long.
            return "cannot start: " + pidfd.error().message();
        }
        child->pidfd.assign(pidfd->release());
        child_ = std::move(child);
        return {};
    }

    void ended(const core::ExitStatus& status) {
        child_.reset();
        finish(status == core::ExitStatus{} ? "" : "ended with " + core::describe(status));
    }

    // The last thing that happens here: *this may be gone afterwards.
    void finish(std::string problem) {
        const Done done = std::exchange(done_, nullptr);
        if (done) done(std::move(problem));
    }

    asio::any_io_executor executor_;
    Done done_;
    std::shared_ptr<Child> child_;  // While it is not reaped.
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<Probe> Probe::execute(const asio::any_io_executor& executor,
                                      const os::SpawnPlan& plan, Done done) {
    auto probe = std::make_unique<ExecProbe>(executor, std::move(done));
    probe->start(plan);
    return probe;
}

}  // namespace superd::supervisor
