// Readiness: watches, what services say by notify, and what the logger says.
#include "base/overloaded.hpp"
#include "os/process.hpp"
#include "os/tree.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <charconv>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int ancestors_max = 64;
constexpr std::chrono::minutes stranger_pause{1};

logger::Policy policy_of(const config::Log& log) {
    logger::Policy policy;
    policy.format =
        log.format == config::LogFormat::json ? logger::Format::json : logger::Format::text;
    policy.when_full =
        log.when_full == config::WhenFull::block ? logger::WhenFull::block : logger::WhenFull::drop;
    policy.compress = log.compress;
    policy.foreground = log.foreground;
    policy.size_max = log.max_size;
    policy.age_max = log.max_age;
    policy.keep = log.keep;
    policy.tail = log.tail;
    return policy;
}

}  // namespace

void Supervisor::begin_watch(core::InstanceId id, core::RunId run) {
    const core::Unit& known = *system_.find(id.unit);
    const config::Unit* const unit = definitions_.find(known.spec->name);
    // Of a unit that left: what is not watched ends by its deadline.
    if (unit == nullptr || !unit->ready) return;
    ReadySubject subject{.started = system_.find(id)->started,
                         .plan = launcher_->plan(*unit, id.index, run)};
    Extras& extras = table_.row(id).extra();
    os::Fd readiness = std::move(extras.readiness);
    if (unit->ready->kind == config::ReadyKind::fd && !readiness) {
        readiness = std::move(link_.fetch("ready." + std::to_string(run))[0]);
        extras.readiness_run = run;
    }
    if (!group_of(id).empty()) {
        subject.plan.cgroup_procs = groups_->parent().procs_path(group_of(id));
    }
    extras.watch = ReadyWatch::make(io_.get_executor(), *unit->ready, std::move(subject),
                                    std::move(readiness), [this, id, run](bool ready) {
                                        if (ready) return happen(core::BecameReady{id, run});
                                        happen(core::ReadyFailed{id, run});
                                    });
}

void Supervisor::end_watch(core::InstanceId id) {
    const Row* const found = table_.find(id);
    if (found == nullptr || !found->extras) return;
    Extras& extras = *table_.row(id).extras;
    extras.watch.reset();
    extras.readiness.reset();
    const core::RunId run = std::exchange(extras.readiness_run, 0);
    if (run != 0) link_.release("ready." + std::to_string(run));
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || !core::alive(*instance)) extras.said.clear();
    table_.row(id).trim();
}

// The run that a process belongs to that is no main process: by descent, else
// by its session, else by the mark in its environment.
const core::InstanceId* Supervisor::tree_of(pid_t pid) const {
    auto stat = os::process_stat(pid);
    if (!stat) return nullptr;
    const pid_t session = stat->session;
    for (int i = 0; i < ancestors_max && stat && stat->parent > 1; ++i) {
        if (const auto* const owner = table_.by_pid(stat->parent)) return owner;
        if (stat->parent == welcome_.pid) break;
        stat = os::process_stat(stat->parent);
    }
    if (const auto* const owner = table_.by_pid(session)) return owner;
    const auto mark = os::process_environment(pid, "SUPERD_RUN");
    if (!mark) return nullptr;
    core::RunId run = 0;
    std::from_chars(mark->data(), mark->data() + mark->size(), run);
    return *mark == os::run_mark(run, scope_) ? logs_.find(run) : nullptr;
}

void Supervisor::on_notify(NotifyMessage message) {
    const core::InstanceId* const main = table_.by_pid(message.pid);
    const core::InstanceId* const owner = main != nullptr ? main : tree_of(message.pid);
    const core::Unit* const known = owner != nullptr ? system_.find(owner->unit) : nullptr;
    const config::Unit* const unit =
        known != nullptr ? definitions_.find(known->spec->name) : nullptr;
    const bool tree_may = unit != nullptr && unit->ready && unit->ready->notify_from_tree;
    std::string problem;
    if (!message.fields) {
        problem = message.fields.error();
    } else if (unit == nullptr) {
        problem = "it belongs to no service";
    } else if (main == nullptr && !tree_may) {
        problem = "it is not the main process of " + name_of(*owner) +
                  " (notify = \"tree\" would let it)";
    }
    if (!problem.empty()) {
        if (now() - stranger_logged_ < stranger_pause) return;
        stranger_logged_ = now();
        return log_.warn("cannot take a notify message of process " + std::to_string(message.pid) +
                         ": " + problem);
    }
    const core::InstanceId id = *owner;
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || !core::alive(*instance)) return;
    if (message.fields->status) {
        table_.row(id).extra().said = printable_status(*message.fields->status);
    }
    const Row& row = table_.row(id);
    const bool awaited = unit->ready && unit->ready->kind == config::ReadyKind::notify &&
                         row.extras && row.extras->watch;
    const core::RunId run = instance->run;
    if (message.fields->ready && awaited) row.extras->watch->told();
    watchdog_told(id, run, *message.fields);
}

void Supervisor::on_logger(logger::Reply reply) {
    const auto visitor = Overloaded{
        [&](logger::Tail& tail) { on_tail(std::move(tail)); },
        [&](logger::Closed& closed) {
            logs_.closed(closed.run);
            end_if_done();
        },
        [&](logger::Matched& matched) {
            const core::InstanceId* const id = logs_.find(matched.run);
            const core::Instance* const instance = id != nullptr ? system_.find(*id) : nullptr;
            if (instance == nullptr || instance->run != matched.run) return;
            const Row& row = table_.row(*id);
            if (row.extras && row.extras->watch) row.extras->watch->told();
        },
        [&](logger::Dropped& dropped) {
            wire::Event event{.kind = wire::EventKind::dropped, .unit = dropped.unit};
            event.instance = dropped.index;
            event.dropped = dropped.lines;
            event.message = dropped.cause;
            append(std::move(event));
            log_.warn("unit " + dropped.unit + ": " + std::to_string(dropped.lines) +
                      " log lines were lost: " + dropped.cause);
        },
        [&](logger::Trouble& trouble) {
            log_.warn(trouble.text);
            say(std::move(trouble.text));
        },
    };
    std::visit(visitor, reply);
    if (!settling_) publish();
}

void Supervisor::on_tail(logger::Tail tail) {
    const core::InstanceId* const found = logs_.find(tail.run);
    if (found == nullptr || tail.lines.empty()) return;
    const core::InstanceId id = *found;
    flush_notes();
    wire::Event event{.kind = wire::EventKind::lines, .run = tail.run};
    event.unit = unit_name(id.unit);
    event.instance = id.index;
    event.lines = tail.lines;
    append(std::move(event));
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr || !instance->last_exit) return;
    if (instance->last_exit->run != tail.run) return;
    Extras& extras = table_.row(id).extra();
    extras.lines_run = tail.run;
    extras.lines = std::move(tail.lines);
}

logger::Open Supervisor::describe_log(core::InstanceId id) const {
    logger::Open open;
    open.index = id.index;
    open.unit = unit_name(id.unit);
    const config::Unit* const unit = definitions_.find(open.unit);
    if (unit == nullptr) return open;
    open.policy = policy_of(unit->log);
    const core::Instance* const instance = system_.find(id);
    const bool starting = instance != nullptr && instance->state == core::State::starting;
    if (starting && unit->ready && unit->ready->kind == config::ReadyKind::log) {
        open.ready_pattern = unit->ready->pattern;
    }
    return open;
}

}  // namespace superd::supervisor
