// What sleeps until it is wanted, and how many instances superd itself finds right.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

// Up for the first time, without anybody's having asked.
void Stepper::begin(Unit& unit) {
    if (!unit.spec->on_demand) pull_dependencies(unit);
    for (Instance& i : unit.instances) want_going(unit, i);
}

// Wanted, but by nobody who cannot wake it himself.
void Stepper::want_along(Unit& unit, Instance& instance) {
    const bool awake = std::ranges::any_of(
        unit.instances, [](const Instance& i) { return alive(i) && i.goal == Goal::up; });
    if (!unit.spec->on_demand || awake || alive(instance)) return want_up(unit, instance);
    if (instance.dormant && instance.reason == Reason::demand) return;
    instance.goal = Goal::up;
    disarm(unit, instance);
    forget_failures(instance);
    sleep(unit, instance);
}

void Stepper::sleep(Unit& unit, Instance& instance) {
    instance.dormant = true;
    instance.origin = Origin::start;
    enter(unit, instance, State::waiting, Reason::demand);
    out_.emplace_back(AwaitDemand{id_of(unit, instance)});
}

// It does not wait for connections any more, so none would ever wake it.
void Stepper::rouse(Unit& unit) {
    if (unit.spec->on_demand || unit.removed) return;
    for (Instance& i : unit.instances) {
        if (!i.dormant) continue;
        i.dormant = false;
        pull_dependencies(unit, Whose::clients);
        if (i.reason == Reason::demand) {
            enter(unit, i, State::waiting, Reason::dependency);
        } else {
            changed(unit, i);
        }
    }
}

void Stepper::heed(const Demanded& event) {
    Unit* const found = unit(event.unit);
    if (found == nullptr) return;
    for (Instance& i : found->instances) {
        if (!i.dormant || i.state != State::waiting) continue;
        i.dormant = false;
        pull_dependencies(*found, Whose::clients);
        enter(*found, i, State::waiting, Reason::dependency);
    }
}

void Stepper::heed(const DemandFailed& event) {
    Unit* const owner = unit(event.instance.unit);
    if (owner == nullptr || event.instance.index >= owner->instances.size()) return;
    Instance& i = owner->instances[event.instance.index];
    if (!i.dormant || i.state != State::waiting) return;
    i.spawn_error = std::make_unique<std::string>(event.error);
    if (owner->spec->restart.policy == RestartPolicy::never) {
        return enter(*owner, i, State::failed, Reason::spawn_failed);
    }
    retry(*owner, i, Reason::spawn_failed, false, true);
}

void Stepper::heed(const FellIdle& event) {
    Unit* const found = unit(event.unit);
    if (found == nullptr || !found->spec->on_demand || system_.shutting_down_) return;
    // Nobody measures what sleeps: as many as were busy last would wake for the first to come.
    if (found->spec->scale && found->scaled == 0) choose(*found, found->spec->instances);
    for (Instance& i : found->instances) {
        const bool stays = i.goal == Goal::up && !i.removed && i.state == State::ready;
        if (stays && !held(i)) begin_stop(*found, i, Reason::idle);
    }
}

void Stepper::heed(const Autoscaled& event) {
    Unit* const found = unit(event.unit);
    if (found == nullptr || found->removed || system_.shutting_down_ || found->scaled != 0) return;
    if (!found->spec->scale || event.count < 1 || event.count > found->spec->scale->max) return;
    choose(*found, event.count);
}

void Stepper::choose(Unit& unit, std::uint32_t count) {
    // What stands still does so by the operator's wish: that is not for us to end.
    for (std::size_t index = unit.instances.size(); index-- > count;) {
        const Instance& i = unit.instances[index];
        if (held(i) && !i.removed) count = static_cast<std::uint32_t>(index + 1);
    }
    if (count == wanted_instances(unit)) return;
    unit.autoscaled = count;
    resize(unit, false);
    changed(unit, unit.instances.front());
    touch(unit);
}

}  // namespace superd::core
