#include "core/instance.hpp"

#include <array>
#include <utility>

namespace superd::core {

namespace {

struct NamedSignal {
    int number;
    std::string_view name;
};

// Linux's numbers on every architecture but alpha, mips, parisc and sparc.
constexpr std::array signals{
    NamedSignal{1, "SIGHUP"},     NamedSignal{2, "SIGINT"},     NamedSignal{3, "SIGQUIT"},
    NamedSignal{4, "SIGILL"},     NamedSignal{5, "SIGTRAP"},    NamedSignal{6, "SIGABRT"},
    NamedSignal{7, "SIGBUS"},     NamedSignal{8, "SIGFPE"},     NamedSignal{9, "SIGKILL"},
    NamedSignal{10, "SIGUSR1"},   NamedSignal{11, "SIGSEGV"},   NamedSignal{12, "SIGUSR2"},
    NamedSignal{13, "SIGPIPE"},   NamedSignal{14, "SIGALRM"},   NamedSignal{15, "SIGTERM"},
    NamedSignal{16, "SIGSTKFLT"}, NamedSignal{17, "SIGCHLD"},   NamedSignal{18, "SIGCONT"},
    NamedSignal{19, "SIGSTOP"},   NamedSignal{20, "SIGTSTP"},   NamedSignal{21, "SIGTTIN"},
    NamedSignal{22, "SIGTTOU"},   NamedSignal{23, "SIGURG"},    NamedSignal{24, "SIGXCPU"},
    NamedSignal{25, "SIGXFSZ"},   NamedSignal{26, "SIGVTALRM"}, NamedSignal{27, "SIGPROF"},
    NamedSignal{28, "SIGWINCH"},  NamedSignal{29, "SIGIO"},     NamedSignal{30, "SIGPWR"},
    NamedSignal{31, "SIGSYS"},
};

}  // namespace

bool alive(const Instance& instance) {
    switch (instance.state) {
        case State::starting:
        case State::ready:
        case State::stopping: return true;
        case State::inactive:
        case State::waiting:
        case State::backoff:
        case State::failed:
        case State::completed: return false;
    }
    std::unreachable();
}

bool missing(const Instance& instance) {
    switch (instance.state) {
        case State::waiting: return instance.reason != Reason::demand;
        case State::starting:
        case State::stopping:
        case State::backoff: return true;
        case State::ready:
        case State::inactive:
        case State::failed:
        case State::completed: return false;
    }
    std::unreachable();
}

bool idle(const Instance& instance) {
    return instance.state == State::inactive &&
           (instance.reason == Reason::exited || instance.reason == Reason::scheduled);
}

std::string_view to_string(State state) {
    switch (state) {
        case State::inactive: return "inactive";
        case State::waiting: return "waiting";
        case State::starting: return "starting";
        case State::ready: return "ready";
        case State::stopping: return "stopping";
        case State::backoff: return "backoff";
        case State::failed: return "failed";
        case State::completed: return "completed";
    }
    std::unreachable();
}

std::string_view to_string(Goal goal) { return goal == Goal::up ? "up" : "down"; }

std::string_view to_string(Origin origin) {
    switch (origin) {
        case Origin::start: return "start";
        case Origin::restart: return "restart";
        case Origin::reload: return "reload";
        case Origin::recycle: return "recycle";
        case Origin::scale: return "scale";
        case Origin::stalled: return "stalled";
        case Origin::ended: return "ended";
    }
    std::unreachable();
}

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::none: return "none";
        case Reason::not_started: return "not-started";
        case Reason::stopped: return "stopped";
        case Reason::dependency: return "dependency";
        case Reason::spawning: return "spawning";
        case Reason::awaiting_ready: return "awaiting-ready";
        case Reason::running: return "running";
        case Reason::reported_ready: return "reported-ready";
        case Reason::restart_requested: return "restart-requested";
        case Reason::removed: return "removed";
        case Reason::shutdown: return "shutdown";
        case Reason::ready_timeout: return "ready-timeout";
        case Reason::ready_failed: return "ready-failed";
        case Reason::exited: return "exited";
        case Reason::spawn_failed: return "spawn-failed";
        case Reason::leftovers: return "leftovers";
        case Reason::no_restart: return "no-restart";
        case Reason::check_failed: return "check-failed";
        case Reason::check_stopped: return "check-stopped";
        case Reason::watchdog: return "watchdog";
        case Reason::stalled: return "stalled";
        case Reason::overstayed: return "overstayed";
        case Reason::group: return "group";
        case Reason::group_restart: return "group-restart";
        case Reason::members: return "members";
        case Reason::group_limit: return "group-limit";
        case Reason::significant: return "significant";
        case Reason::pre_start: return "pre-start";
        case Reason::post_start: return "post-start";
        case Reason::pre_start_failed: return "pre-start-failed";
        case Reason::post_start_failed: return "post-start-failed";
        case Reason::renewal: return "renewal";
        case Reason::replaced: return "replaced";
        case Reason::superfluous: return "superfluous";
        case Reason::scheduled: return "scheduled";
        case Reason::overrun: return "overrun";
        case Reason::demand: return "demand";
        case Reason::idle: return "idle";
    }
    std::unreachable();
}

std::string describe(const ExitStatus& status) {
    if (status.unknown) return "unknown exit (nobody saw it end)";
    if (status.signal == 0) return "exit " + std::to_string(status.code);
    std::string text = signal_name(status.signal);
    if (status.oom) return text + " (out of memory)";
    if (status.core) return text + " (core dumped)";
    return text;
}

std::string signal_name(std::int32_t number) {
    for (const auto& signal : signals) {
        if (signal.number == number) return std::string{signal.name};
    }
    return "signal " + std::to_string(number);
}

}  // namespace superd::core
