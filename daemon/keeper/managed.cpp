// The keeper under a service manager: what that is told, and how superd makes way for the next one:
// because it is asked to, or because it cannot go on.
#include "keeper/keeper.hpp"
#include "keeper/last_resort.hpp"
#include "keeper/options.hpp"
#include "keeper/report.hpp"
#include "os/clock.hpp"

#include <sys/epoll.h>

#include <signal.h>
#include <unistd.h>

namespace superd::keeper {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr int hopeless_failures = 5;
constexpr std::int64_t detach_within = 10'000 * millisecond;

}  // namespace

void Keeper::note_condition(const Message& message) {
    manager_.status(message.name);
    switch (static_cast<Phase>(message.value)) {
        case Phase::serving: return manager_.serving();
        case Phase::reloading: return manager_.reloading(os::monotonic_now());
        case Phase::stopping: return manager_.stopping(message.stop_ms * millisecond);
    }
}

bool Keeper::failing() const { return !finishing_ && supervisor_.failures() >= hopeless_failures; }

bool Keeper::hopeless() const {
    return failing() && supervisor_.pid() == 0 && conversation_.stop_asked();
}

void Keeper::give_up() {
    if (::getpid() == 1) end_everything();
    report("cannot stop the services: the supervisor cannot be started; ",
           "they run on, and the next superd takes them over");
    finish(exit_supervisor_failed);
}

// The services stay. The supervisor is asked first: it writes down what it has in hand, and waits
// for the last lines of the dead.
void Keeper::begin_detach() {
    if (::getpid() == 1) {
        return report("cannot leave the services running: superd is process 1, and all of them ",
                      "would end with it; SIGTERM stops them in order");
    }
    if (conversation_.stop_asked() || finishing_) {
        return report("cannot leave the services running: superd is stopping them");
    }
    if (detach_due_ != 0) return;
    report("leaving the services running, as SIGUSR2 asks; the next superd takes them over");
    detach_due_ = os::monotonic_now() + detach_within;
    manager_.status("ending; the services run on");
    conversation_.tell_signal(SIGUSR2);
}

// Whatever the supervisor has not come to, the next one finds out, as after a crash.
void Keeper::detach() {
    if (supervisor_.pid() != 0) {
        report("supervisor (pid ", supervisor_.pid(), ") has not left its work in order within ",
               describe_duration(detach_within), "; killing it");
        supervisor_.signal(SIGKILL);
    }
    services_stay_ = true;
    finish(0);
}

// A supervisor that cannot be started is a reason to start all of superd again: the manager does,
// when no more pings come.
void Keeper::tell_manager(std::int64_t now) {
    if (failing()) manager_.status("the supervisor cannot be started; the services run on");
    manager_.flush(now, !failing());
    more_to_park_ = parking_.flush();
}

void Keeper::watch_manager() {
    const int wanted = manager_.congested();
    if (wanted < 0) {
        if (watched_manager_ < 0) return;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched_manager_, nullptr);
        watched_manager_ = -1;
        return;
    }
    // Another socket may have got the number that an earlier one had.
    epoll_event event{EPOLLOUT, {.fd = wanted}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, wanted, &event) == 0 ||
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wanted, &event) == 0) {
        watched_manager_ = wanted;
    }
}

}  // namespace superd::keeper
