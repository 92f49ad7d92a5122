#include "core/probe_answer.hpp"

#include <algorithm>
#include <utility>

namespace superd::core {

namespace {

bool is_up(const Instance& i) {
    return i.state == State::ready || i.state == State::completed || idle(i) ||
           (i.state == State::waiting && i.reason == Reason::demand);
}

// It is to be another process, or one more, and nothing was wrong with it.
bool on_its_way(const Instance& i) {
    const bool moves = i.state == State::waiting || i.state == State::starting;
    if (i.state == State::stopping) {
        return i.reason == Reason::renewal || i.reason == Reason::restart_requested ||
               i.reason == Reason::idle;
    }
    return moves && (i.origin == Origin::scale || i.origin == Origin::reload ||
                     i.origin == Origin::restart || i.origin == Origin::recycle);
}

bool starts_by_itself(const System& system, const Unit& unit) {
    const Unit* top = &unit;  // A group starts its members.
    while (top->group != 0) top = system.find(top->group);
    return top->spec->autostart;
}

// Whether the probe is about this instance when no unit is named.
bool counts(const System& system, Probe probe, const Unit& unit, const Instance& i) {
    if (i.removed) return false;
    switch (probe) {
        case Probe::liveness: return unit.spec->essential;
        case Probe::readiness: return i.goal == Goal::up;
        case Probe::startup: return i.goal == Goal::up && starts_by_itself(system, unit);
    }
    std::unreachable();
}

bool is_well(Probe probe, const Unit& unit, const Instance& i) {
    if (probe == Probe::liveness && unit.spec->essential) return !lost_for_good(i);
    if (probe == Probe::liveness) return i.goal == Goal::down || i.state != State::failed;
    if (is_up(i)) return probe == Probe::startup || degraded(*unit.spec, i).empty();
    if (!on_its_way(i)) return false;
    return std::ranges::any_of(unit.instances, [&](const Instance& other) {
        return &other != &i && !other.removed && is_up(other);
    });
}

bool is_stopping(const System& system, Probe probe) {
    return probe != Probe::liveness && system.shutting_down();
}

}  // namespace

bool lost_for_good(const Instance& instance) {
    if (instance.goal == Goal::down || instance.removed) return false;
    return instance.state == State::failed ||
           (instance.state == State::inactive &&
            (instance.reason == Reason::exited || instance.reason == Reason::group));
}

ProbeAnswer answer(const System& system, Probe probe) {
    ProbeAnswer found{.stopping = is_stopping(system, probe)};
    for (const Unit* const unit : system.units()) {
        bool counted = false;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const Instance& instance = unit->instances[index];
            if (!counts(system, probe, *unit, instance)) continue;
            counted = true;
            if (!is_well(probe, *unit, instance)) found.unwell.push_back({unit->id, index});
        }
        found.units += counted ? 1 : 0;
    }
    return found;
}

ProbeAnswer answer(const System& system, Probe probe, const std::vector<InstanceId>& named) {
    ProbeAnswer found{.stopping = is_stopping(system, probe)};
    UnitId last = 0;
    for (const InstanceId id : named) {
        const Unit* const unit = system.find(id.unit);
        const Instance* const instance = system.find(id);
        if (unit == nullptr || instance == nullptr || instance->removed) continue;
        found.units += std::exchange(last, id.unit) != id.unit ? 1 : 0;
        if (!is_well(probe, *unit, *instance)) found.unwell.push_back(id);
    }
    return found;
}

}  // namespace superd::core
