// What the dependency graph allows and demands. All of it is derived from the
// present states, never remembered, so it cannot be out of date.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

namespace {

bool wanted(const Instance& instance) { return instance.goal == Goal::up && !instance.removed; }

bool reached(const Instance& instance, When when) {
    // Who comes to it wakes it: there is nothing to wait for.
    if (instance.reason == Reason::demand && when != When::completed) return true;
    switch (when) {
        case When::started:
            return (alive(instance) && instance.pid != 0) || instance.state == State::completed ||
                   instance.state == State::ready;  // A group has no process.
        case When::ready:
            return instance.state == State::ready || instance.state == State::completed;
        case When::completed: return instance.state == State::completed;
    }
    return false;
}

// It will not come up again unless the operator acts.
bool given_up(const Instance& instance) {
    return instance.state == State::failed || instance.state == State::inactive;
}

}  // namespace

bool System::satisfied(const Edge& edge) const {
    const Unit* const other = find(edge.unit);
    if (other == nullptr || edge.kind == DependencyKind::wants) return true;
    if (edge.kind == DependencyKind::after) {
        // Order only: whoever is not wanted, or has given up, is not waited
        // for; but "completed" insists on what it says while it is wanted.
        const bool nobody = std::ranges::none_of(other->instances, wanted);
        if (nobody) return !any_alive(*other);
        if (edge.when != When::completed && lost(*other)) return true;
    }
    bool any = false;
    for (const Instance& i : other->instances) {
        if (!wanted(i)) continue;
        if (reached(i, edge.when))
            any = true;
        else if (!given_up(i))
            return false;
    }
    return any;
}

bool System::going(const Unit& unit) const {
    if (unit.removed || shutting_down_ || group_ended(unit)) return true;
    if (std::ranges::none_of(unit.instances, wanted)) return true;
    // What a oneshot needed may go once it is done: that does not undo it.
    const bool done = std::ranges::all_of(unit.instances, [](const Instance& i) {
        return !wanted(i) || i.state == State::completed;
    });
    return !done && dependency_lost(unit);
}

bool System::lost(const Unit& unit) const {
    if (going(unit)) return true;
    return std::ranges::all_of(unit.instances,
                               [](const Instance& i) { return !wanted(i) || given_up(i); });
}

std::optional<Edge> System::blocker(const Unit& unit) const {
    for (const Unit* each = &unit; each != nullptr; each = group_of(*each)) {
        for (const Edge& edge : each->edges) {
            const Unit* const other = find(edge.unit);
            const bool needed = edge.kind == DependencyKind::needs && other != nullptr;
            if ((needed && lost(*other)) || !satisfied(edge)) return edge;
        }
    }
    return std::nullopt;
}

// Stops go in reverse order: while one that needs this unit, or was ordered
// after it and has to end too, is alive, this one stays; unless others of its
// instances go on, which is enough for them.
bool Stepper::held_by_dependents(const Unit& unit) const {
    if (!system_.lost(unit)) return false;
    const auto holds = [this](const Unit& held) {
        return std::ranges::any_of(held.dependents, [&](UnitId id) {
            const Unit* const other = system_.find(id);
            if (other == nullptr || !any_alive(*other)) return false;
            return std::ranges::any_of(other->edges, [&](const Edge& edge) {
                if (edge.unit != held.id || edge.kind == DependencyKind::wants) return false;
                return edge.kind == DependencyKind::needs || system_.going(*other);
            });
        });
    };
    if (holds(unit)) return true;
    // A group may go on without it, and yet be a member of one that does not.
    for (const Unit* g = system_.group_of(unit); g != nullptr; g = system_.group_of(*g)) {
        if (system_.lost(*g) && holds(*g)) return true;
    }
    return false;
}

// What a group depends on, all its members depend on.
bool System::dependency_lost(const Unit& unit) const {
    const auto gone = [this](const Edge& edge) {
        if (edge.kind != DependencyKind::needs) return false;
        const Unit* const other = find(edge.unit);
        return other != nullptr && lost(*other);
    };
    for (const Unit* each = &unit; each != nullptr; each = group_of(*each)) {
        if (std::ranges::any_of(each->edges, gone)) return true;
    }
    return false;
}

std::optional<Reason> Stepper::must_end(const Unit& unit, const Instance& instance) const {
    if (is_second(unit, instance)) return must_end_beside(unit, instance);
    if (instance.removed) return Reason::removed;
    if (system_.shutting_down_) return Reason::shutdown;
    if (instance.goal == Goal::down) return Reason::stopped;
    if (system_.group_ended(unit)) return Reason::group;
    if (system_.dependency_lost(unit)) return Reason::dependency;
    return std::nullopt;
}

void Stepper::evaluate(Unit& unit) {
    end_beside(unit);
    if (unit.spec->type == UnitType::group && !unit.instances.empty()) {
        Instance& self = unit.instances.front();
        const bool has_process = self.run != 0 && alive(self);  // It was no group before.
        if (!has_process) {
            self.run = 0;
            return evaluate_group(unit);
        }
        if (self.state != State::stopping) begin_stop(unit, self, Reason::removed);
        return;
    }
    for (Instance& instance : unit.instances) evaluate(unit, instance);
    recycle(unit);
    roll_on(unit);
}

void Stepper::evaluate(Unit& unit, Instance& instance) {
    const auto end = must_end(unit, instance);
    switch (instance.state) {
        case State::waiting:
        case State::backoff:
            if (end && *end != Reason::dependency) {
                disarm(unit, instance);
                return enter(unit, instance, State::inactive, *end);
            }
            if (instance.state == State::waiting && instance.dormant) {
                if (instance.reason != Reason::demand) sleep(unit, instance);
                return;
            }
            if (instance.state == State::waiting && !end && !system_.blocker(unit) &&
                !system_.held_by_group(unit, instance)) {
                start_in_turn(unit, instance);
            }
            return;
        case State::starting:
        case State::ready:
            if (end && !held_by_dependents(unit)) begin_stop(unit, instance, *end);
            return;
        case State::inactive:
        case State::failed:
        case State::completed: return start_queued(unit, instance);
        case State::stopping: return;
    }
}

}  // namespace superd::core
