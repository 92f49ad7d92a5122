// Readiness: watches, and what the logger says.
#include "base/overloaded.hpp"
#include "config/instance_text.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <utility>

namespace superd::supervisor {
namespace {

logger::Format format_of(config::LogFormat format) {
    return format == config::LogFormat::json ? logger::Format::json : logger::Format::text;
}

logger::Target target_of(config::LogTarget target) {
    switch (target) {
        case config::LogTarget::file: return logger::Target::file;
        case config::LogTarget::journald: return logger::Target::journald;
        case config::LogTarget::both: return logger::Target::both;
    }
    std::unreachable();
}

logger::Policy policy_of(const config::Log& log) {
    logger::Policy policy;
    policy.format = format_of(log.format);
    policy.when_full =
        log.when_full == config::WhenFull::block ? logger::WhenFull::block : logger::WhenFull::drop;
    policy.compress = log.compress;
    policy.foreground = log.foreground;
    policy.foreground_format = format_of(log.foreground_format);
    policy.target = target_of(log.target);
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
    const bool asks = ReadyWatch::by_asking(unit->ready->kind);
    const Row& row = table_.row(id);
    if (asks && core::held(*system_.find(id))) return;  // When it goes on.
    if (!asks && row.extras && row.extras->watch) return;
    ReadySubject subject{.started = system_.find(id)->started,
                         .plan = launcher_->plan(*unit, core::number_of(id), run)};
    Extras& extras = table_.row(id).extra();
    os::Fd readiness = std::move(extras.readiness);
    if (unit->ready->kind == config::ReadyKind::fd && !readiness) {
        readiness = std::move(link_.fetch("ready." + std::to_string(run))[0]);
        extras.readiness_run = run;
    }
    if (!group_of(id).empty()) {
        subject.plan.cgroup_procs = groups_->parent().procs_path(group_of(id));
    }
    extras.watch = ReadyWatch::make(
        io_.get_executor(), config::for_instance(*unit->ready, core::number_of(id)),
        std::move(subject), std::move(readiness), [this, id, run](bool ready) {
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

void Supervisor::on_logger(logger::Reply reply) {
    const auto visitor = Overloaded{
        [&](logger::Tail& tail) { on_tail(std::move(tail)); },
        [&](logger::Closed& closed) {
            logs_.closed(closed.run);
            end_if_done();
            if (detaching_) settle_later();
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
    if (!turn_.busy()) publish();
}

void Supervisor::on_tail(logger::Tail tail) {
    const core::InstanceId* const found = logs_.find(tail.run);
    if (found == nullptr || logs_.is_labelled(tail.run)) return;
    const core::InstanceId id = *found;
    if (tail.lines.empty()) return tell_crash(tail.run);
    flush_notes();
    wire::Event event{.kind = wire::EventKind::lines, .run = tail.run};
    event.unit = unit_name(id.unit);
    event.instance = core::number_of(id);
    event.lines = std::move(tail.lines);
    append(std::move(event));
    tell_crash(tail.run);
}

logger::Open Supervisor::describe_log(core::InstanceId id) const {
    logger::Open open;
    open.index = core::number_of(id);
    open.unit = unit_name(id.unit);
    const config::Unit* const unit = definitions_.find(open.unit);
    if (unit == nullptr) return open;
    open.policy = policy_of(unit->log);
    const core::Instance* const instance = system_.find(id);
    const bool starting = instance != nullptr && instance->state == core::State::starting;
    if (starting && unit->ready && unit->ready->kind == config::ReadyKind::log) {
        open.ready_pattern = config::for_instance(*unit->ready, open.index).pattern;
    }
    return open;
}

}  // namespace superd::supervisor
