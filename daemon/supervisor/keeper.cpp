// What the keeper says: exits, signals for superd itself, a new logger; and
// what it is told beside the acknowledgements: that this loop turns.
#include "supervisor/exit_status.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/pidfd_name.hpp"
#include "supervisor/supervisor.hpp"

#include <sys/wait.h>

#include <signal.h>

#include <algorithm>

namespace superd::supervisor {
namespace {

// When exits come faster than processes can be started, they are taken in
// first: one look at the process trees then serves all of them.
constexpr std::chrono::microseconds burst_patience{100};

core::ExitStatus from_wait_status(std::optional<int> wait_status) {
    core::ExitStatus status;
    if (!wait_status) {
        status.unknown = true;
    } else if (WIFEXITED(*wait_status)) {
        status.code = WEXITSTATUS(*wait_status);
    } else {
        status.signal = WTERMSIG(*wait_status);
        status.core = WCOREDUMP(*wait_status);
    }
    return status;
}

}  // namespace

void Supervisor::listen() {
    link_.notify([this] {
        on_link();
        if (!link_.closed()) listen();
    });
}

void Supervisor::on_link() {
    take_messages({});
    settle();
    const core::Instant until = now() + std::chrono::milliseconds{10};
    while (link_.readable({}) && now() < until && !link_.closed()) {
        take_messages(burst_patience);
        settle();
    }
    if (!link_.closed()) return;
    log_.error("cannot go on: the keeper is gone; the services run on, start superd again");
    end(1);
}

void Supervisor::take_messages(std::chrono::microseconds patience) {
    do {
        std::vector<turn::ToldExit> exits;
        while (const auto inbound = link_.receive()) {
            if (inbound->message.kind == keeper::Kind::exited) {
                const keeper::Message& told = inbound->message;
                exits.push_back(
                    {told.pid, exit_status(told.code, told.value), told.cpu_us, told.rss_kib});
            } else {
                take(inbound->message);
            }
        }
        on_exited(exits);
    } while (patience.count() > 0 && link_.readable(patience) && !link_.closed());
}

void Supervisor::take(const keeper::Message& message) {
    switch (message.kind) {
        case keeper::Kind::signalled: return on_signal(message.value);
        case keeper::Kind::logger:
            welcome_.logger_pid = message.pid;
            welcome_.value = message.value;
            welcome_.logger_ns = message.logger_ns;
            return say("the logger was started again, pid " + std::to_string(message.pid));
        case keeper::Kind::hello:
        case keeper::Kind::acknowledge:
        case keeper::Kind::hold:
        case keeper::Kind::release:
        case keeper::Kind::fetch:
        case keeper::Kind::beat:
        case keeper::Kind::condition:
        case keeper::Kind::finished:
        case keeper::Kind::welcome:
        case keeper::Kind::held:
        case keeper::Kind::held_end:
        case keeper::Kind::upgrade:
        case keeper::Kind::checked:
        case keeper::Kind::exited:
        case keeper::Kind::fetched: break;
    }
}

void Supervisor::on_exited(const std::vector<turn::ToldExit>& exits) {
    if (exits.empty()) return;
    if (!templates_.idle()) {
        // A worker has said whose it is before it could end.
        templates_.hear();
        for (const turn::ToldExit& told : exits) templates_.ended(told.pid, told.status);
        turn_.run_events();
    }
    hear_services();
    turn_.take(exits);
}

std::optional<core::Exited> Supervisor::record(const turn::ToldExit& told) {
    const core::InstanceId* const owner = table_.by_pid(told.pid);
    // One that was made in vain may have the pid of a stranger that nobody has told the end of yet.
    const bool in_vain = failed_spawns_.erase(told.pid) > 0;
    if (owner == nullptr || in_vain) {
        trees_->reaped(told.pid);
        return std::nullopt;
    }
    trees_->leader_reaped(told.pid);
    return recorded(*owner, told);
}

void Supervisor::acknowledge(std::int32_t last, std::size_t count) {
    link_.acknowledge(last, count);
}

// What led here is told first.
core::Exited Supervisor::recorded(core::InstanceId id, const turn::ToldExit& told) {
    flush_notes();
    const core::Instance& instance = *system_.find(id);
    wire::Event event{.kind = wire::EventKind::exit, .run = instance.run, .pid = instance.pid};
    const core::Duration uptime = now() - instance.started;
    const core::Exited ended = judged(id, told.status);
    event.uptime = std::chrono::duration<double>(uptime).count();
    set_exit_status(event, ended.status);
    if (ended.status.oom) event.message = why_out_of_memory(id);
    if (told.cpu_us >= 0) event.cpu = static_cast<double>(told.cpu_us) / 1e6;
    if (told.rss_kib >= 0) event.rss = static_cast<std::uint64_t>(told.rss_kib) * 1024;
    if (instance.state == core::State::stopping) {
        event.reason = core::to_string(instance.reason);
        if (instance.health) event.message = instance.health->cause;
        if (instance.reason == core::Reason::post_start_failed && instance.spawn_error) {
            event.message = *instance.spawn_error;
        }
        if (core::is_stalled(instance.renewal.get())) {
            event.message = "it had stalled: " + instance.renewal->why;
        }
    }
    if (!watch_.empty()) add_crash(id, event);
    event.unit = unit_name(id.unit);
    event.instance = core::number_of(id);
    append(std::move(event));
    return ended;
}

core::Exited Supervisor::judged(core::InstanceId id, const core::ExitStatus& told) {
    const core::Instance& instance = *system_.find(id);
    core::ExitStatus status = told;
    status.oom = status.oom || (status.signal == SIGKILL && killed_for_memory(id));
    Note note{.kind = wire::EventKind::exit, .id = id, .run = instance.run, .pid = instance.pid};
    note.status = status;
    note.from = instance.state;
    // Of one that was started under another keeper the number may be another's by now.
    const core::InstanceId* const owner = table_.by_pid(instance.pid);
    if (owner != nullptr && *owner == id) table_.erase_pid(instance.pid);
    ended_.push_back(std::move(note));
    return {id, instance.run, status};
}

// Its note is told after what the core makes of it.
void Supervisor::going_on(const core::Exited& exited) {
    const auto found = std::ranges::find(ended_, exited.run, &Note::run);
    if (found != ended_.end()) {
        note(std::move(*found));
        ended_.erase(found);
    }
    logs_.drain(exited.run);
    if (parks()) link_.release(pidfd_name(exited.run));
}

// The process that is no child of the keeper's: nobody keeps its number for us, so
// by now a run that we started may have got it.
std::optional<core::InstanceId> Supervisor::stranger(pid_t pid) const {
    const auto is_stranger = [&](core::InstanceId id) {
        const Row* const row = table_.find(id);
        const core::Instance* const instance = system_.find(id);
        return row != nullptr && row->stranger && instance != nullptr && instance->pid == pid;
    };
    const core::InstanceId* const owner = table_.by_pid(pid);
    if (owner == nullptr) return std::nullopt;
    if (is_stranger(*owner)) return *owner;
    for (const core::Unit* unit : system_.units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::InstanceId id{unit->id, index};
            if (is_stranger(id)) return id;
            if (is_stranger(core::beside(id))) return core::beside(id);
        }
    }
    return std::nullopt;
}

void Supervisor::on_stranger_end(pid_t pid, std::optional<int> status) {
    const auto owner = stranger(pid);
    if (!owner) return;
    const core::InstanceId id = *owner;
    const core::Exited ended = recorded(id, {pid, from_wait_status(status)});
    publish();
    if (!parks()) link_.release(pidfd_name(ended.run));
    turn_.go_on(ended);
    settle();
}

void Supervisor::on_signal(int number) {
    switch (number) {
        case SIGTERM:
        case SIGINT: return shut_down();
        case SIGHUP: {
            const wire::Plan plan = reload();
            for (const std::string& error : plan.errors) log_.error(error);
            log_.info(plan.errors.empty() ? "configuration was reloaded"
                                          : "configuration was not reloaded: it has mistakes");
            return;
        }
        case SIGUSR1: return logger_.send(logger::Reopen{});
        case SIGUSR2: return detach();
        default: return;
    }
}

void Supervisor::beat() {
    const auto every = definitions_.settings().heartbeat;
    last_beat_ = now();
    link_.beat(3 * every);
    heartbeat_.expires_after(every);
    heartbeat_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        beat();
        // The disk was full: there may be room by now.
        if (turn_.unwritten() || !journal_->empty()) settle();
    });
}

// In the middle of a long piece of work.
void Supervisor::beat_if_late() {
    if (last_beat_ == core::Instant{}) return;
    if (now() - last_beat_ > definitions_.settings().heartbeat) beat();
}

}  // namespace superd::supervisor
