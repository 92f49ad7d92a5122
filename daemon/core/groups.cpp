// Groups: units that fail, and are started again, together. A group has one
// instance without a process; its state is derived from its members' but for
// the end it came to itself (group_limit, significant), which stays.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

namespace {

bool wanted(const Instance& instance) { return instance.goal == Goal::up && !instance.removed; }

// Or it has done what it was there for.
bool up(const Instance& instance) {
    return instance.state == State::ready || instance.state == State::completed ||
           instance.reason == Reason::demand || idle(instance);
}

bool lost(const Instance& instance) {
    return !up(instance) && (instance.state == State::failed || instance.state == State::inactive);
}

// By an end of its own, not by what its members are.
bool ended(const Instance& self) {
    return self.reason == Reason::group_limit || self.reason == Reason::significant;
}

State rest_after(Reason reason) {
    if (reason == Reason::group_limit) return State::failed;
    if (reason == Reason::dependency) return State::waiting;
    return reason == Reason::significant ? State::completed : State::inactive;
}

// On its way down and up again.
bool coming_back(const Instance& instance) {
    return wanted(instance) && instance.state == State::stopping;
}

}  // namespace

std::vector<UnitId> System::leaves(UnitId id) const {
    const Unit* const unit = find(id);
    if (unit == nullptr) return {};
    if (unit->spec->type != UnitType::group) return {id};
    std::vector<UnitId> found;
    for (const UnitId member : unit->members) {
        const auto below = leaves(member);
        found.insert(found.end(), below.begin(), below.end());
    }
    return found;
}

const Unit* System::group_of(const Unit& unit) const {
    return unit.group == 0 ? nullptr : find(unit.group);
}

bool System::group_ended(const Unit& unit) const {
    for (const Unit* group = group_of(unit); group != nullptr; group = group_of(*group)) {
        const Instance& self = group->instances.front();
        if (self.goal == Goal::up && ended(self)) return true;
    }
    return false;
}

// A member of the group, at any depth, is still on its way down.
bool System::holds(const Unit& group, const Instance& instance, bool until_all_may_start) const {
    return std::ranges::any_of(group.members, [&](UnitId member) {
        const Unit* const unit = find(member);
        if (unit == nullptr) return false;
        if (unit->spec->type == UnitType::group) return holds(*unit, instance, until_all_may_start);
        return std::ranges::any_of(unit->instances, [&](const Instance& other) {
            if (&other == &instance) return false;
            const bool late = until_all_may_start && wanted(other) && other.state == State::backoff;
            return coming_back(other) || late;
        });
    });
}

const Unit* System::held_by_group(const Unit& unit, const Instance& instance) const {
    for (const Unit* group = group_of(unit); group != nullptr; group = group_of(*group)) {
        const Strategy strategy = group->spec->group->strategy;
        if (strategy == Strategy::one_for_one) continue;
        if (holds(*group, instance, strategy == Strategy::one_for_all)) return group;
    }
    return nullptr;
}

void Stepper::leave_groups() {
    for (const auto& [id, each] : system_.by_id_) {
        each->group = 0;
        each->members.clear();
    }
}

// Who is whose member follows from the specs alone, like the edges.
void Stepper::join_groups() {
    for (const auto& [id, each] : system_.by_id_) {
        if (each->removed || each->spec->type != UnitType::group) continue;
        const bool ordered = each->spec->group->strategy == Strategy::rest_for_one;
        for (const std::string& name : each->spec->group->members) {
            const auto found = system_.by_name_.find(name);
            if (found == system_.by_name_.end()) continue;
            Unit& member = *unit(found->second);
            if (ordered && !each->members.empty()) {
                member.edges.push_back({each->members.back(), DependencyKind::after, When::ready});
                unit(each->members.back())->dependents.push_back(member.id);
            }
            member.group = id;
            each->members.push_back(member.id);
        }
    }
}

void Stepper::evaluate_group(Unit& group) {
    Instance& self = group.instances.front();
    auto end = must_end(group, self);
    if (ended(self) && (!end || *end == Reason::dependency)) end = self.reason;
    // Who is started without the group stays up without it.
    const bool only_unwanted = end == Reason::stopped || end == Reason::removed;
    bool ending = false, all_up = true, one_lost = false;
    each_leaf(group.id, [&](const Unit& member) {
        for (const Instance& i : member.instances) {
            ending = ending || (alive(i) && !(only_unwanted && wanted(i)));
            // One that is to end is up no more, though its turn to be stopped is still to come.
            const bool stays = up(i) && !(alive(i) && must_end(member, i));
            all_up = all_up && (stays || !wanted(i));
            one_lost = one_lost || (lost(i) && wanted(i));
        }
        for (const auto& [number, second] : member.beside) {
            ending = ending || !only_unwanted || !wanted(member.instances[number]);
        }
    });
    if (end && ending) return enter(group, self, State::stopping, *end);
    if (end && only_unwanted && self.state == State::inactive) return;
    if (end) return enter(group, self, rest_after(*end), *end);
    if (all_up) return enter(group, self, State::ready, Reason::running);
    if (one_lost) return enter(group, self, State::failed, Reason::members);
    enter(group, self, State::starting, Reason::members);
}

// The operator starts it anew, though it has ended by itself.
void Stepper::revive_group(Unit& group, Instance& self) {
    if (group.spec->type != UnitType::group || !ended(self)) return;
    forget_failures(self);
    enter(group, self, State::waiting, Reason::dependency);
}

// The group that answers for this unit's failures now.
Unit* Stepper::active_group(const Unit& member) {
    Unit* const group = member.group == 0 ? nullptr : unit(member.group);
    if (group == nullptr || group->removed || system_.shutting_down_) return nullptr;
    const Instance& self = group->instances.front();
    return self.goal == Goal::up && !ended(self) ? group : nullptr;
}

// False: it was one restart too many, and this unit is not started again.
bool Stepper::group_allows(Unit& member) {
    Unit* const group = active_group(member);
    if (group == nullptr) return true;
    const GroupRule& rule = *group->spec->group;
    if (rule.limit == 0) return true;
    auto& past = group->instances.front().restarts_at;
    std::erase_if(past, [&](Instant at) { return at + rule.window <= now_; });
    if (past.size() >= rule.limit) return group_fails(*group);
    past.push_back(now_);
    changed(*group, group->instances.front());
    return true;
}

// True: its parent takes the failure for one of its member's and starts it again as a whole.
bool Stepper::group_fails(Unit& group) {
    Instance& self = group.instances.front();
    self.restarts_at.clear();
    if (active_group(group) != nullptr) {
        if (!group_allows(group)) return false;
        ++self.restarts;
        restart_with_group(group);
        restart_others(group);
        return true;
    }
    enter(group, self, State::stopping, Reason::group_limit);
    touch_group(group.id);
    return false;
}

// `failed` is being started again: so are others, as its group's strategy says.
void Stepper::restart_others(const Unit& failed) {
    Unit* const group = active_group(failed);
    if (group == nullptr || group->spec->group->strategy == Strategy::one_for_one) return;
    const bool all = group->spec->group->strategy == Strategy::one_for_all;
    bool after = false;
    for (const UnitId id : group->members) {
        if (id == failed.id) {
            after = true;
        } else if (Unit* const other = unit(id); other != nullptr && (all || after)) {
            restart_with_group(*other);
        }
    }
}

void Stepper::restart_with_group(Unit& member) {
    each_leaf(member.id, [&](Unit& leaf) {
        for (Instance& i : leaf.instances) {
            if (!wanted(i) || (i.state != State::starting && i.state != State::ready)) continue;
            i.restart_requested = true;
            begin_stop(leaf, i, Reason::group_restart);
        }
    });
}

void Stepper::significant_ended(const Unit& member) {
    Unit* const group = active_group(member);
    if (group == nullptr) return;
    const auto& names = group->spec->group->significant;
    if (std::ranges::find(names, member.spec->name) == names.end()) return;
    enter(*group, group->instances.front(), State::stopping, Reason::significant);
    touch_group(group->id);
}

// Its members' fate depends on its own, and on one another's.
void Stepper::touch_group(UnitId id) {
    queue(id);
    const Unit* const group = unit(id);
    if (group != nullptr && !group->members.empty()) {
        each_leaf(id, [this](const Unit& leaf) { queue(leaf.id); });
    }
}

// A group starts its members: one that is not to start does not start them.
bool Stepper::starts_by_itself(const Unit& unit) const {
    const Unit* top = &unit;
    while (const Unit* const group = system_.group_of(*top)) top = group;
    return top->spec->autostart;
}

}  // namespace superd::core
