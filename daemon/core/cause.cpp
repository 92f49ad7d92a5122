#include "core/cause.hpp"

#include "core/system.hpp"

#include <algorithm>
#include <utility>

namespace superd::core {

namespace {

bool wanted(const Instance& instance) { return instance.goal == Goal::up && !instance.removed; }

bool far_enough(const Instance& instance, When when) {
    if (instance.state == State::completed) return true;
    if (when == When::completed) return false;
    if (instance.state == State::ready) return true;
    return when == When::started && alive(instance) && instance.pid != 0;
}

// The instance that keeps others waiting for the unit, or the first one.
InstanceId culprit(const Unit& unit, When when) {
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        const Instance& i = unit.instances[index];
        if (wanted(i) && !far_enough(i, when)) return {unit.id, index};
    }
    return {unit.id, 0};
}

// Of several that ended: whose end is the last that superd did not bring about.
struct Latest {
    std::optional<InstanceId> id;
    Instant at{};

    void consider(InstanceId candidate, const Instance& instance) {
        const Instant moment = instance.last_exit ? instance.last_exit->at : instance.since;
        if (id && moment <= at) return;
        id = candidate;
        at = moment;
    }
};

bool ended_by_itself(const Instance& i) {
    switch (i.state) {
        case State::failed:
        case State::backoff: return true;
        case State::stopping: return i.reason == Reason::leftovers || i.run_failed;
        case State::waiting:
        case State::starting: return i.restarts > 0;
        case State::inactive: return i.reason == Reason::exited;
        case State::ready:
        case State::completed: return false;
    }
    return false;
}

}  // namespace

std::string_view to_string(Because because) {
    switch (because) {
        case Because::waits_on: return "waits-on";
        case Because::needs: return "needs";
        case Because::group_wait: return "group-wait";
        case Because::group_restart: return "group-restart";
        case Because::group_ended: return "group-ended";
        case Because::member: return "member";
        case Because::essential: return "essential";
        case Because::dependents: return "dependents";
    }
    std::unreachable();
}

// The member whose failure the group's end or restart answers.
std::optional<InstanceId> System::guilty_member(const Unit& group, InstanceId but) const {
    Latest latest, any;
    for (const UnitId leaf : leaves(group.id)) {
        const Unit& member = *find(leaf);
        for (std::uint32_t index = 0; index < member.instances.size(); ++index) {
            const Instance& i = member.instances[index];
            const InstanceId id{leaf, index};
            if (id == but) continue;
            if (ended_by_itself(i)) latest.consider(id, i);
            if (i.last_exit) any.consider(id, i);
        }
    }
    return latest.id ? latest.id : any.id;
}

// The one that the others, who are down already, wait for.
std::optional<InstanceId> System::late_member(const Unit& group, InstanceId but) const {
    for (const UnitId leaf : leaves(group.id)) {
        const Unit& member = *find(leaf);
        for (std::uint32_t index = 0; index < member.instances.size(); ++index) {
            const Instance& i = member.instances[index];
            const bool late = i.state == State::stopping || i.state == State::backoff;
            if (late && wanted(i) && InstanceId{leaf, index} != but) return InstanceId{leaf, index};
        }
    }
    return std::nullopt;
}

std::optional<InstanceId> System::lagging_member(const Unit& group) const {
    for (const UnitId leaf : leaves(group.id)) {
        const Unit& member = *find(leaf);
        const InstanceId id = culprit(member, When::ready);
        const Instance* const i = find(id);
        if (i == nullptr || !wanted(*i) || far_enough(*i, When::ready)) continue;
        if (idle(*i)) continue;
        return id;
    }
    return std::nullopt;
}

std::optional<Cause> System::end_of_superd(InstanceId id) const {
    for (const auto& [unit_id, unit] : by_id_) {
        if (!unit->spec->essential) continue;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const Instance& i = unit->instances[index];
            const bool lost = i.state == State::failed ||
                              (i.state == State::inactive && i.reason == Reason::exited);
            if (!lost || id == InstanceId{unit_id, index}) continue;
            return Cause{.because = Because::essential, .instance = {unit_id, index}};
        }
    }
    return std::nullopt;
}

std::optional<Cause> System::lost_need(const Unit& unit) const {
    const auto edge = blocker(unit);
    const Unit* const other = edge ? find(edge->unit) : nullptr;
    if (other == nullptr) return std::nullopt;
    return Cause{.because = Because::needs, .instance = culprit(*other, When::ready)};
}

std::optional<Cause> System::ended_group(const Unit& unit) const {
    for (const Unit* group = group_of(unit); group != nullptr; group = group_of(*group)) {
        const Reason why = group->instances.front().reason;
        if (why != Reason::group_limit && why != Reason::significant) continue;
        return Cause{.because = Because::group_ended, .instance = {group->id, 0}};
    }
    return std::nullopt;
}

std::optional<Cause> System::why_waiting(const Unit& unit, InstanceId id) const {
    if (const auto edge = blocker(unit)) {
        const Unit* const other = find(edge->unit);
        if (other == nullptr || other->instances.empty()) return std::nullopt;
        return Cause{.because = Because::waits_on,
                     .instance = culprit(*other, edge->when),
                     .when = edge->when,
                     .order_only = edge->kind == DependencyKind::after};
    }
    const Unit* const group = held_by_group(unit, *find(id));
    const auto member = group != nullptr ? late_member(*group, id) : std::nullopt;
    if (!member) return std::nullopt;
    return Cause{.because = Because::group_wait, .instance = *member, .via = group->id};
}

std::optional<Cause> System::why_held_up(const Unit& unit) const {
    for (const UnitId dependent : unit.dependents) {
        const Unit* const other = find(dependent);
        if (other == nullptr) continue;
        for (std::uint32_t index = 0; index < other->instances.size(); ++index) {
            if (!alive(other->instances[index])) continue;
            return Cause{.because = Because::dependents, .instance = {dependent, index}};
        }
    }
    return std::nullopt;
}

std::optional<Cause> System::cause(InstanceId id) const {
    const Unit* const unit = find(id.unit);
    const Instance* const i = find(id);
    if (unit == nullptr || i == nullptr) return std::nullopt;
    if (i->reason == Reason::shutdown) return end_of_superd(id);
    if (i->state == State::waiting && i->reason == Reason::demand) return std::nullopt;
    if (i->state == State::waiting) return why_waiting(*unit, id);
    if (i->state == State::ready && (shutting_down_ || i->goal == Goal::down)) {
        return why_held_up(*unit);
    }
    if (i->reason == Reason::dependency) return lost_need(*unit);
    if (i->reason == Reason::group) {
        if (i->state != State::failed) return ended_group(*unit);
        return std::nullopt;  // Its own failure was the one too many.
    }
    if (i->reason == Reason::group_restart && i->state == State::stopping) {
        const Unit* const group = group_of(*unit);
        const auto member = group != nullptr ? guilty_member(*group, id) : std::nullopt;
        if (!member) return std::nullopt;
        return Cause{.because = Because::group_restart, .instance = *member, .via = group->id};
    }
    if (i->reason == Reason::members || i->reason == Reason::group_limit) {
        const auto member =
            i->reason == Reason::members ? lagging_member(*unit) : guilty_member(*unit, id);
        if (member) return Cause{.because = Because::member, .instance = *member};
    }
    return std::nullopt;
}

std::vector<Cause> System::causes(InstanceId id) const {
    std::vector<Cause> chain;
    std::vector<InstanceId> seen{id};
    for (auto next = cause(id); next; next = cause(next->instance)) {
        if (std::ranges::find(seen, next->instance) != seen.end()) break;
        seen.push_back(next->instance);
        chain.push_back(*next);
    }
    return chain;
}

}  // namespace superd::core
