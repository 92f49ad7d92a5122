#include "core/stepper.hpp"

#include <utility>

namespace superd::core {

Unit* Stepper::unit(UnitId id) {
    return id < system_.by_number_.size() ? system_.by_number_[id] : nullptr;
}

Instance* Stepper::place(InstanceId id) {
    Unit* const owner = unit(id.unit);
    if (owner == nullptr) return nullptr;
    if (is_beside(id)) {
        const auto found = owner->beside.find(number_of(id));
        return found == owner->beside.end() ? nullptr : &found->second;
    }
    return id.index < owner->instances.size() ? &owner->instances[id.index] : nullptr;
}

Instance* Stepper::instance(InstanceId id, RunId run) {
    for (const InstanceId at : {id, is_beside(id) ? in_place(id) : beside(id)}) {
        Instance* const found = place(at);
        if (found != nullptr && found->run == run) return found;
    }
    return nullptr;
}

InstanceId Stepper::id_of(const Unit& unit, const Instance& instance) const {
    for (const auto& [number, second] : unit.beside) {
        if (&second == &instance) return beside({unit.id, number});
    }
    return {unit.id, static_cast<std::uint32_t>(&instance - unit.instances.data())};
}

void Stepper::enter(Unit& unit, Instance& instance, State state, Reason reason) {
    const State from = instance.state;
    if (from == state && instance.reason == reason) return;
    const bool was_alive = alive(instance);
    if (from == State::ready && state != State::ready) end_health(unit, instance);
    instance.state = state;
    instance.reason = reason;
    if (from != state) instance.since = now_;
    if (alive(instance) && !was_alive) ++system_.alive_;
    if (!alive(instance) && was_alive) --system_.alive_;
    out_.emplace_back(Changed{id_of(unit, instance), from, state});
    touch(unit);
    check_essential(unit, instance);
}

void Stepper::changed(Unit& unit, Instance& instance) {
    out_.emplace_back(Changed{id_of(unit, instance), instance.state, instance.state});
}

void Stepper::arm(Unit& unit, Instance& instance, Instant at) {
    instance.due = at;
    instance.timer = ++system_.timers_;
    out_.emplace_back(ArmTimer{id_of(unit, instance), instance.timer, at});
}

void Stepper::disarm(Unit& unit, Instance& instance) {
    if (instance.due == Instant{}) return;
    instance.due = Instant{};
    instance.timer = ++system_.timers_;  // One that has fired already is stale now.
    out_.emplace_back(DisarmTimer{id_of(unit, instance)});
}

// Dependents of dependents too: a loss travels through a chain whose middle
// does not change its own state at once.
void Stepper::touch(const Unit& unit) {
    queue(unit.id);
    for (const auto& edge : unit.edges) touch_group(edge.unit);
    std::vector<UnitId> next{unit.dependents};
    // What a group comes to is what its members come to, which some wait for that know of no group.
    next.insert(next.end(), unit.members.begin(), unit.members.end());
    for (const Unit* g = system_.group_of(unit); g != nullptr; g = system_.group_of(*g)) {
        queue(g->id);
        // Only where one's state decides about others.
        if (g->spec->group->strategy != Strategy::one_for_one) touch_group(g->id);
        next.insert(next.end(), g->dependents.begin(), g->dependents.end());
    }
    touch_group(unit.id);
    if (next.empty()) return;
    const std::uint32_t walk = ++system_.walks_;
    while (!next.empty()) {
        const UnitId id = next.back();
        next.pop_back();
        Unit* const dependent = this->unit(id);
        if (dependent == nullptr || std::exchange(dependent->walked, walk) == walk) continue;
        queue(id);
        // A group is not what it was as soon as one of its members has to end; that is to be
        // known before anybody is started who waits for it.
        for (const Unit* g = system_.group_of(*dependent); g != nullptr; g = system_.group_of(*g)) {
            queue(g->id);
        }
        next.insert(next.end(), dependent->dependents.begin(), dependent->dependents.end());
        next.insert(next.end(), dependent->members.begin(), dependent->members.end());
    }
}

void Stepper::queue(UnitId id) {
    Unit* const touched = unit(id);
    if (touched == nullptr || std::exchange(touched->queued, true)) return;
    const bool is_group = touched->spec->type == UnitType::group;
    (is_group ? touched_groups_ : touched_).push(id);
}

// Who starts comes last: what it waits for may be about to end for the sake of the same event.
Unit* Stepper::next_touched() {
    for (;;) {
        starting_ = touched_groups_.empty() && touched_.empty();
        if (starting_ && starts_.empty()) return nullptr;
        Touched& ids = starting_ ? starts_ : touched_groups_.empty() ? touched_ : touched_groups_;
        Unit* const next = unit(ids.take());
        if (next == nullptr) continue;
        (starting_ ? next->starts : next->queued) = false;
        return next;
    }
}

void Stepper::start_in_turn(Unit& unit, Instance& instance) {
    if (starting_) return spawn(unit, instance);
    if (!std::exchange(unit.starts, true)) starts_.push(unit.id);
}

Effects Stepper::finish() {
    while (Unit* const next = next_touched()) {
        evaluate(*next);
        answer_pending(*next);
        remove_if_down(*next);
    }
    arm_schedule();
    if (system_.shutting_down_ && system_.alive_ == 0 && !system_.told_all_down_) {
        system_.told_all_down_ = true;
        out_.emplace_back(AllDown{system_.exit_code_});
    }
    return std::move(out_);
}

void Stepper::remove_if_down(Unit& unit) {
    while (!unit.instances.empty() && unit.instances.back().removed &&
           !alive(unit.instances.back())) {
        const auto index = static_cast<std::uint32_t>(unit.instances.size() - 1);
        if (unit.beside.contains(index)) break;
        disarm(unit, unit.instances.back());
        unit.instances.pop_back();
        out_.emplace_back(Forget{{unit.id, index}, unit.spec->name});
    }
    if (!unit.removed || !unit.instances.empty()) return;
    for (const auto& edge : unit.edges) {
        if (Unit* const other = this->unit(edge.unit)) std::erase(other->dependents, unit.id);
    }
    for (const auto dependent : unit.dependents) {
        Unit* const other = this->unit(dependent);
        if (other == nullptr) continue;
        std::erase_if(other->edges, [&](const Edge& edge) { return edge.unit == unit.id; });
    }
    touch(unit);
    if (unit.recycle_due != Instant{}) {
        out_.emplace_back(DisarmTimer{{unit.id, unit_timer}});
    }
    system_.timing_.units.erase(unit.id);
    system_.by_name_.erase(unit.spec->name);
    system_.by_number_[unit.id] = nullptr;
    system_.by_id_.erase(unit.id);
}

}  // namespace superd::core
