// Instances in their control groups: made, limited, left.
#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::string_view memory = "memory";

template <class Visit>
void each_place(const core::Unit& unit, Visit&& visit) {
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        visit(core::InstanceId{unit.id, index}, unit.instances[index]);
    }
    for (const auto& [number, second] : unit.beside) {
        visit(core::beside({unit.id, number}), second);
    }
}

}  // namespace

void Supervisor::join_group(core::InstanceId id, const config::Unit& unit, os::SpawnPlan& plan) {
    if (!groups_) return;
    Row& row = table_.row(id);
    if (core::is_beside(id) && !row.grouped) {
        row.other_group = !table_.row(core::in_place(id)).other_group;
    }
    const std::string group = group_name(unit.spec.name, id);
    const os::CgroupParent& parent = groups_->parent();
    auto written = Limiter::Written::us;
    if (!row.grouped) {
        const auto made = parent.create(group);
        row.grouped = made.has_value();
        if (!made) complain(made.error());
        written = made && *made ? Limiter::Written::nobody : Limiter::Written::somebody;
        row.counts = {};
    }
    if (!row.grouped) return;
    plan.cgroup_procs = parent.procs_path(group);
    const core::RunId run = system_.find(id)->run;
    if (written != Limiter::Written::nobody) {
        // Whoever froze it: a process that is made in it would never come to execute its program,
        // and superd waits for that.
        if (parent.frozen(group).asked) static_cast<void>(parent.freeze(group, false));
        row.counts.cpu_us = parent.cpu_us(group).value_or(0);
        if (groups_->has(memory)) {
            const std::uint64_t kills = parent.oom_kills(group).value_or(0);
            if (written == Limiter::Written::somebody) row.counts.oom_kills = kills;
            if (kills > row.counts.oom_kills) tell_kills(id, 0, kills);
        }
    }
    if (auto limited = limiter_.apply(group, unit, written); !limited) complain(limited.error());
    if (!groups_->has(memory)) return;
    if (auto watched = groups_->watch_memory(group, run); !watched) complain(watched.error());
}

// Another definition is in force, and may limit what runs otherwise.
void Supervisor::renew_limits(const std::string& name) {
    const core::Unit* const known = system_.find(name);
    const config::Unit* const unit = definitions_.find(name);
    if (!groups_ || known == nullptr || unit == nullptr) return;
    each_place(*known, [&](core::InstanceId id, const core::Instance& instance) {
        const std::string group = group_of(id);
        if (group.empty() || !core::alive(instance)) return;
        if (auto done = limiter_.apply(group, *unit, Limiter::Written::us); !done)
            complain(done.error());
    });
}

// Of what runs on. Somebody may have taken the controllers away since, and with them all limits:
// systemd does, before it starts a unit's first program.
void Supervisor::adopt_groups() {
    if (!groups_) return;
    for (const core::Unit* const unit : system_.units()) {
        renew_limits(unit->spec->name);
        each_place(*unit, [&](core::InstanceId id, const core::Instance& instance) {
            const std::string group = group_of(id);
            if (group.empty() || !core::alive(instance)) return;
            if (groups_->has(memory)) {
                if (auto done = groups_->watch_memory(group, instance.run); !done) {
                    complain(done.error());
                }
                look_at_kills_later(instance.run);
            }
            if (!core::held(instance)) return;
            if (auto done = groups_->watch_freeze(group, instance.run); !done) {
                complain(done.error());
            }
            look_at_freeze(id, instance.run);
        });
    }
}

// One that is not empty yet stays; it is used again or removed by who delegated it.
void Supervisor::leave_group(const std::string& group) {
    limiter_.forget(group);
    static_cast<void>(groups_->parent().remove(group));
}

void Supervisor::warn_of_limits_missing() {
    const std::string text = limiter_.news(definitions_.configuration().units);
    if (text.empty()) return;
    log_.warn(text);
    say(text);
}

std::optional<os::CgroupUsage> Supervisor::group_usage(core::InstanceId id) const {
    const std::string group = group_of(id);
    if (group.empty()) return std::nullopt;
    os::CgroupUsage usage = groups_->parent().usage(group);
    const std::uint64_t before = table_.find(id)->counts.cpu_us;
    if (usage.cpu_us) *usage.cpu_us -= std::min(*usage.cpu_us, before);
    return usage;
}

void Supervisor::on_group_fact(const Groups::Changed& changed) {
    if (changed.memory) return look_at_kills_later(changed.run);
    const core::InstanceId* const id = logs_.find(changed.run);
    if (id == nullptr) return;
    look_at_freeze(*id, changed.run);
    settle();
}

}  // namespace superd::supervisor
