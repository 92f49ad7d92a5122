#include "keeper/keeper.hpp"

#include "keeper/footprint.hpp"
#include "keeper/report.hpp"
#include "os/clock.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace superd::keeper {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1000 * millisecond;
constexpr std::int64_t first_beat_within_ms = 60'000;
constexpr std::int64_t finish_within = 10 * second;
constexpr std::int64_t abort_within = second;  // From SIGABRT to SIGKILL.
constexpr int worth_a_round = 8;               // So many exits in a row: go through all children.

std::int64_t earlier(std::int64_t a, std::int64_t b) {
    if (a == 0 || b == 0) return a + b;
    return std::min(a, b);
}

bool passed(std::int64_t due, std::int64_t now) { return due != 0 && due <= now; }

rlim_t open_files_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace

sigset_t kept_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int each : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
        ::sigaddset(&set, each);
    }
    return set;
}

Keeper::Keeper(const Runtime& runtime, Held& held, Manager& manager, Helper supervisor,
               Helper logger, Successor successor)
    : runtime_{runtime},
      held_{held},
      manager_{manager},
      parking_{manager, held, runtime},
      supervisor_{supervisor},
      logger_{logger},
      conversation_{held},
      successor_{successor} {}

bool Keeper::prepare() {
    if (!resumed_) started_realtime_ = os::realtime_now();
    const sigset_t set = kept_signals();
    signals_ = os::Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    epoll_ = os::Fd{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event event{EPOLLIN, {.fd = signals_.get()}};
    if (signals_ && epoll_ &&
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event) == 0) {
        return true;
    }
    report("cannot start: ", describe_error(errno));
    return false;
}

int Keeper::run() {
    if (!prepare()) return exit_cannot_create;
    parking_.begin();
    on_deadlines(os::monotonic_now());  // Both parts are due.
    shed_start_up_pages();
    while (!done()) {
        on_deadlines(os::monotonic_now());
        if (hopeless()) give_up();
        conversation_.flush();
        offer_exit();
        tell_manager(os::monotonic_now());
        watch_link();
        watch_manager();
        epoll_event events[3];
        const int count = ::epoll_wait(epoll_.get(), events, 3, wait_ms());
        for (int i = 0; i < count; ++i) {
            // Before the link: what a dead supervisor still said is read with its death.
            if (events[i].data.fd == signals_.get()) on_signals();
            if (events[i].data.fd == watched_manager_) manager_.try_again();
        }
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == conversation_.fd()) on_link();
        }
    }
    return exit_code_;
}

// --- what happened ---

void Keeper::on_signals() {
    signalfd_siginfo infos[16];
    bool child_ended = false;
    for (;;) {
        const ssize_t size = ::read(signals_.get(), infos, sizeof infos);
        if (size <= 0) break;
        const std::size_t count = static_cast<std::size_t>(size) / sizeof infos[0];
        for (const signalfd_siginfo& info : std::span{infos, count}) {
            if (info.ssi_signo == SIGCHLD) {
                child_ended = true;
                exit_hint_ = static_cast<pid_t>(info.ssi_pid);
            } else if (info.ssi_signo == SIGUSR2) {
                begin_detach();
            } else {
                conversation_.tell_signal(static_cast<int>(info.ssi_signo));
            }
        }
        if (count < std::size(infos)) break;
    }
    if (child_ended) on_children();
}

void Keeper::on_children() {
    Exit exit;
    if (supervisor_.pid() != 0 && peek_exit(supervisor_.pid(), exit)) on_supervisor_end(exit);
    if (logger_.pid() != 0 && peek_exit(logger_.pid(), exit)) on_logger_end(exit);
}

void Keeper::on_link() {
    // Bounded, so that a talkative supervisor does not keep us from its siblings.
    for (int budget = 64; budget > 0 && conversation_.wants_to_read(); --budget) {
        Request request;
        switch (conversation_.read(request)) {
            case Conversation::Reading::got: obey(request); break;
            case Conversation::Reading::nothing: return;
            case Conversation::Reading::ended: return lose_link();
        }
        if (conversation_.fd() < 0) return;
    }
}

// It has closed its end: it is dying, or it has lost its way and must.
void Keeper::lose_link() {
    conversation_.close();
    watched_ = 0;
    beat_due_ = 0;
    supervisor_.kill_at(os::monotonic_now() + abort_within);
}

void Keeper::on_supervisor_end(const Exit& exit) {
    // First what it had said: an acknowledged exit must not be told again.
    while (conversation_.fd() >= 0) {
        Request request;
        if (conversation_.read(request) != Conversation::Reading::got) break;
        if (request.message.kind != Kind::fetch) obey(request);
    }
    conversation_.close();
    watched_ = 0;
    beat_due_ = 0;
    reap(exit.pid);
    supervisor_.ended(exit, os::monotonic_now(), finishing_);
    // Another one would only be started to end.
    if (detach_due_ != 0) detach();
}

void Keeper::on_logger_end(const Exit& exit) {
    reap(exit.pid);
    const std::int64_t now = os::monotonic_now();
    logger_.ended(exit, now, finishing_);
    // The supervisor has said its last word; it only has to go.
    if (finishing_) supervisor_.kill_at(now + second);
}

void Keeper::on_deadlines(std::int64_t now) {
    if (passed(supervisor_.kill_due(), now)) {
        supervisor_.kill_at(0);
        supervisor_.signal(SIGKILL);
    }
    if (passed(logger_.kill_due(), now)) {
        logger_.kill_at(0);
        logger_.signal(SIGKILL);
    }
    if (passed(beat_due_, now)) give_up_on_hung(now);
    if (passed(detach_due_, now)) detach();
    if (finishing_) return;
    if (passed(supervisor_.start_due(), now) && !hopeless()) start_supervisor(now);
    if (passed(logger_.start_due(), now)) start_logger(now);
}

void Keeper::give_up_on_hung(std::int64_t now) {
    if (now - beat_due_ > second) {
        // We have overslept, so the whole machine may have stood still: once more.
        beat_due_ = now + beat_within_;
        return;
    }
    beat_due_ = 0;
    report("supervisor (pid ", supervisor_.pid(), ") has not answered for ",
           describe_duration(beat_within_), "; killing it");
    supervisor_.signal(SIGABRT);
    supervisor_.kill_at(now + abort_within);
}

// --- what the supervisor asked for ---

void Keeper::obey(Request& request) {
    Message& message = request.message;
    switch (message.kind) {
        case Kind::hello: return greet(message);
        case Kind::acknowledge: return acknowledge(message);
        case Kind::hold: return hold(request);
        case Kind::release: held_.release(message.name); return;
        case Kind::fetch: return conversation_.answer_fetch(message.name);
        case Kind::beat: return expect_beat(message.value);
        case Kind::finished: services_stay_ = message.code != 0; return finish(message.value);
        case Kind::upgrade: return upgrade(message);
        case Kind::condition: return note_condition(message);
        case Kind::welcome:
        case Kind::held:
        case Kind::held_end:
        case Kind::fetched:
        case Kind::exited:
        case Kind::checked:
        case Kind::signalled:
        case Kind::logger: break;
    }
    report("supervisor (pid ", supervisor_.pid(), ") sent a message that superd does not know");
}

void Keeper::greet(const Message& hello) {
    if (hello.value != static_cast<std::int32_t>(protocol_version)) {
        report("cannot use supervisor (pid ", supervisor_.pid(), "): it speaks protocol ",
               hello.value, ", this superd ", protocol_version, "; restart superd");
        return supervisor_.signal(SIGKILL);
    }
    Message message = describe_logger(Kind::welcome);
    message.logger_pid = message.pid;
    message.pid = ::getpid();
    message.code = supervisor_.restarts();
    message.since_ns = started_realtime_;
    message.supervisor_ns = supervisor_.started_realtime();
    message.last_end = supervisor_.last_end();
    message.manager = (manager_.listens() ? managed : 0) | (parking_.works() ? parks : 0);
    std::strncpy(message.name, SUPERD_VERSION, name_max - 1);
    conversation_.welcome(message);
}

Message Keeper::describe_logger(Kind kind) const {
    Message message{.kind = kind, .pid = logger_.pid(), .value = logger_.restarts()};
    message.logger_ns = logger_.started_realtime();
    return message;
}

void Keeper::hold(Request& request) {
    const char* const name = request.message.name;
    if (request.descriptors_lost) {
        return report("cannot hold ", name, ": too many open files (limit ", open_files_limit(),
                      "); raise LimitNOFILE= or ulimit -n");
    }
    if (request.descriptors == 0 || name[0] == '\0') {
        return report("cannot hold \"", name, "\": the supervisor sent no ",
                      name[0] == '\0' ? "name" : "descriptor");
    }
    if (!held_.hold(name, std::span{request.fds}.first(request.descriptors))) {
        report("cannot hold ", name, ": ", Held::names_max, " names are held already");
    }
}

void Keeper::acknowledge(const Message& message) {
    const auto pids = conversation_.acknowledge(message.pid, message.value);
    for (const std::int32_t pid : pids) reap(pid);
    if (!pids.empty()) return;
    report("supervisor (pid ", supervisor_.pid(), ") acknowledged pid ", message.pid,
           ", of which it was not told");
}

void Keeper::expect_beat(std::int64_t within_ms) {
    // One that is being killed for its silence has had its chance.
    if (supervisor_.kill_due() != 0) return;
    beat_within_ = std::max<std::int64_t>(within_ms, 0) * millisecond;
    beat_due_ = beat_within_ != 0 ? os::monotonic_now() + beat_within_ : 0;
}

void Keeper::finish(std::int32_t code) {
    if (finishing_) return;
    finishing_ = true;
    detach_due_ = 0;
    exit_code_ = code;
    beat_due_ = 0;
    const std::int64_t now = os::monotonic_now();
    logger_.signal(SIGTERM);
    logger_.kill_at(now + finish_within);
    supervisor_.kill_at(now + (logger_.pid() != 0 ? finish_within : second));
}

// --- what we do ---

void Keeper::start_supervisor(std::int64_t now) {
    const os::Fd theirs = conversation_.open();
    if (!theirs) {
        report("cannot make the link to the supervisor: ", describe_error(errno));
    }
    const os::ChildDescriptor descriptors[] = {
        {theirs.get(), link_fd},
        {runtime_.control.get(), control_fd},
        {runtime_.notify.get(), notify_fd},
    };
    if (!supervisor_.start(descriptors, now)) return conversation_.close();
    expect_beat(first_beat_within_ms);
}

void Keeper::start_logger(std::int64_t now) {
    const os::ChildDescriptor descriptors[] = {{runtime_.logger.get(), logger_listen_fd}};
    if (!logger_.start(descriptors, now)) return;
    if (conversation_.welcomed()) conversation_.tell_logger(describe_logger(Kind::logger));
}

void Keeper::offer_exit() {
    Exit exit;
    while (conversation_.wants_exit() && find_exit(exit)) {
        if (exit.pid == supervisor_.pid()) {
            on_supervisor_end(exit);
        } else if (exit.pid == logger_.pid()) {
            on_logger_end(exit);
        } else {
            conversation_.tell_exit({.kind = Kind::exited,
                                     .pid = exit.pid,
                                     .value = exit.status,
                                     .code = exit.code,
                                     .cpu_us = exit.cpu_us,
                                     .rss_kib = exit.rss_kib});
            conversation_.flush();
        }
    }
}

// With thousands of children a look at all of them is slow, at one it is not.
bool Keeper::find_exit(Exit& exit) {
    const pid_t hint = std::exchange(exit_hint_, 0);
    if (hint != 0 && !conversation_.told(hint) && peek_exit(hint, exit)) return true;
    return find_next_exit(exit);
}

// One after the other, until so many have ended that it is worth to go through
// all children, time and again, to tell of many at once.
bool Keeper::find_next_exit(Exit& exit) {
    for (;;) {
        while (const pid_t pid = children_.next()) {
            if (conversation_.told(pid) || !peek_exit(pid, exit)) continue;
            ++exits_in_a_row_;
            return true;
        }
        // The kernel would only show again what was told already.
        if (conversation_.told_any()) return false;
        if (exits_in_a_row_ < worth_a_round) break;
        exits_in_a_row_ = 0;
        if (!children_.begin()) break;
    }
    const bool found = peek_exit(0, exit);
    exits_in_a_row_ = found ? exits_in_a_row_ + 1 : 0;
    return found;
}

void Keeper::watch_link() {
    std::uint32_t wanted = 0;
    if (conversation_.fd() >= 0) {
        wanted = EPOLLRDHUP | (conversation_.wants_to_read() ? std::uint32_t{EPOLLIN} : 0) |
                 (conversation_.wants_to_write() ? std::uint32_t{EPOLLOUT} : 0);
    }
    if (wanted == watched_ || wanted == 0) return;
    epoll_event event{wanted, {.fd = conversation_.fd()}};
    const int operation = watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (::epoll_ctl(epoll_.get(), operation, conversation_.fd(), &event) == 0) watched_ = wanted;
}

bool Keeper::done() const { return finishing_ && supervisor_.pid() == 0 && logger_.pid() == 0; }

int Keeper::wait_ms() const {
    std::int64_t due = earlier(beat_due_, earlier(supervisor_.kill_due(), logger_.kill_due()));
    if (!finishing_) due = earlier(due, earlier(supervisor_.start_due(), logger_.start_due()));
    due = earlier(due, earlier(manager_.due(), detach_due_));
    if (more_to_park_) return 0;
    if (due == 0) return -1;
    const std::int64_t left = due - os::monotonic_now();
    if (left <= 0) return 0;
    return static_cast<int>(std::min<std::int64_t>(left / millisecond + 1, 3'600'000));
}

}  // namespace superd::keeper
