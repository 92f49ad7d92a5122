// The operator's wishes. They set goals; what follows from a goal is found by
// evaluate() (dependencies.cpp), the same way as for every other change.
#include "core/stepper.hpp"

#include <algorithm>
#include <array>

namespace superd::core {

namespace {

// Calls `visit` with each instance that `target` names.
template <class Visit>
void each_target(Unit& unit, InstanceId target, Visit&& visit) {
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        const bool named = target.index == all_instances || target.index == index;
        if (named && !unit.instances[index].removed) visit(unit.instances[index]);
    }
}

// Nobody has started it yet, nor stopped it, and it has not failed.
bool untouched(const Instance& instance) {
    return instance.goal == Goal::down && instance.reason == Reason::not_started;
}

// Of what is stopping: nobody has asked for that, and nobody else will start it again for sure.
constexpr std::array by_itself{
    Reason::idle,         Reason::leftovers,    Reason::check_failed,     Reason::check_stopped,
    Reason::watchdog,     Reason::stalled,      Reason::overstayed,       Reason::ready_timeout,
    Reason::ready_failed, Reason::spawn_failed, Reason::pre_start_failed, Reason::post_start_failed,
};

bool overlap(InstanceId one, InstanceId other) {
    return one.index == other.index || one.index == all_instances || other.index == all_instances;
}

}  // namespace

void Stepper::start(const StartRequested& request) {
    Unit* const found = unit(request.instance.unit);
    if (found == nullptr || found->removed || system_.shutting_down_) {
        return answer(request.command, request.instance, Outcome::failed);
    }
    await(*found, request.instance, request.command, Goal::up);
    pull_dependencies(*found);
    each_target(*found, request.instance, [&](Instance& i) {
        want_up(*found, i);
        want_again(*found, i);
    });
    start_members(*found);
    each_member(*found, [&](Unit& member, Instance& i) {
        // These have somebody else who starts them.
        if (member.spec->timer == nullptr && !member.spec->on_demand) want_again(member, i);
    });
}

void Stepper::stop(const StopRequested& request) {
    Unit* const found = unit(request.instance.unit);
    if (found == nullptr) return answer(request.command, request.instance, Outcome::failed);
    supersede_roll(*found);
    await(*found, request.instance, request.command, Goal::down);
    const auto end = [this](Unit& owner, Instance& i) {
        want_down(owner, i);
        // It was not up; but from now on that is the operator's wish.
        if (i.state == State::inactive) enter(owner, i, State::inactive, Reason::stopped);
    };
    each_target(*found, request.instance, [&](Instance& i) { end(*found, i); });
    each_member(*found, end);
}

void Stepper::restart(const RestartRequested& request) {
    Unit* const found = unit(request.instance.unit);
    if (found == nullptr || found->removed || system_.shutting_down_) {
        return answer(request.command, request.instance, Outcome::failed);
    }
    supersede_roll(*found);
    await(*found, request.instance, request.command, Goal::up);
    pull_dependencies(*found);
    if (found->spec->type == UnitType::group) {
        start_members(*found);
        each_member(*found, [&](Unit& member, Instance& i) {
            // What does not run has been started where it is to be: not what a timer starts.
            if (member.spec->type != UnitType::group && alive(i)) ask_restart(member, i);
        });
        return want_up(*found, found->instances.front());
    }
    const Origin origin = request.apply ? Origin::reload : Origin::restart;
    each_target(*found, request.instance, [&](Instance& i) { ask_restart(*found, i, origin); });
}

void Stepper::reset(const ResetRequested& request) {
    Unit* const found = unit(request.instance.unit);
    if (found == nullptr) return answer(request.command, request.instance, Outcome::failed);
    each_target(*found, request.instance, [&](Instance& i) { reset(*found, i); });
    each_member(*found, [&](Unit& member, Instance& i) { reset(member, i); });
    answer(request.command, request.instance, Outcome::done);
}

void Stepper::reset(Unit& unit, Instance& instance) {
    forget_failures(instance);
    const bool by_group = instance.state == State::inactive && instance.reason == Reason::group;
    if (instance.state != State::failed && instance.state != State::backoff && !by_group) {
        return changed(unit, instance);
    }
    disarm(unit, instance);
    if (system_.on_schedule(unit, instance))
        enter(unit, instance, State::inactive, Reason::scheduled);
    else if (instance.goal == Goal::up)
        enter(unit, instance, State::waiting, Reason::dependency);
    else
        enter(unit, instance, State::inactive, Reason::stopped);
}

// The operator's wish for a group is one for all that it consists of.
template <class Visit>
void Stepper::each_member(Unit& group, Visit&& visit) {
    for (const UnitId id : std::vector{group.members}) {
        Unit* const member = unit(id);
        if (member == nullptr || member->removed) continue;
        each_target(*member, {id, all_instances}, [&](Instance& i) { visit(*member, i); });
        each_member(*member, visit);
    }
}

void Stepper::start_members(Unit& group, Whose wish) {
    each_member(group, [&](Unit& member, Instance& i) {
        if (wish == Whose::clients && !untouched(i)) return;
        pull_dependencies(member, wish);
        want_going(member, i);
    });
}

void Stepper::want_up(Unit& unit, Instance& instance) {
    const bool was_down = instance.goal == Goal::down;
    instance.goal = Goal::up;
    resume_schedule(unit, instance);
    instance.dormant = false;
    revive_group(unit, instance);
    switch (instance.state) {
        case State::inactive:
        case State::failed:
        case State::completed:
        case State::backoff:
            disarm(unit, instance);
            forget_failures(instance);
            return enter(unit, instance, State::waiting, Reason::dependency);
        case State::stopping:
            if (was_down) instance.restart_requested = true;
            break;
        case State::waiting:
            if (instance.reason == Reason::demand) {
                return enter(unit, instance, State::waiting, Reason::dependency);
            }
            break;
        case State::starting:
        case State::ready: break;
    }
    if (was_down) changed(unit, instance);
    touch(unit);
}

// Its run ends for a reason of its own; another one follows, whatever the policy says of that.
void Stepper::want_again(Unit& unit, Instance& instance) {
    const bool ends = std::ranges::find(by_itself, instance.reason) != by_itself.end();
    if (instance.state != State::stopping || !ends) return;
    instance.restart_requested = true;
    forget_failures(instance);
    changed(unit, instance);
}

void Stepper::want_down(Unit& unit, Instance& instance) {
    const bool was_up = instance.goal == Goal::up;
    instance.goal = Goal::down;
    instance.dormant = false;
    instance.restart_requested = false;
    unplan(instance);
    switch (instance.state) {
        case State::failed:
        case State::completed:
        case State::waiting:
        case State::backoff:
            disarm(unit, instance);
            return enter(unit, instance, State::inactive, Reason::stopped);
        case State::inactive:
        case State::starting:
        case State::ready:
        case State::stopping: break;
    }
    if (was_up) changed(unit, instance);
    touch(unit);  // evaluate() begins the stop once no dependent needs it any more.
}

void Stepper::ask_restart(Unit& unit, Instance& instance, Origin origin) {
    if (!alive(instance)) return want_up(unit, instance);
    instance.goal = Goal::up;
    instance.origin = origin;
    resume_schedule(unit, instance);
    instance.restart_requested = true;
    instance.renewal.reset();
    forget_failures(instance);
    if (instance.state == State::stopping) return changed(unit, instance);
    begin_stop(unit, instance, Reason::restart_requested);
}

void Stepper::forget_failures(Instance& instance) {
    instance.attempt = 0;
    instance.restarts = 0;
    instance.restarts_at.clear();
    instance.limited = false;
    instance.spawn_error.reset();
}

void Stepper::pull_dependencies(const Unit& from, Whose wish) {
    for (const Unit* each = &from; each != nullptr; each = system_.group_of(*each)) {
        for (const auto& edge : each->edges) {
            if (edge.kind == DependencyKind::after) continue;
            Unit* const dependency = unit(edge.unit);
            if (dependency != nullptr && !dependency->removed) pull(*dependency, wish);
        }
    }
}

void Stepper::pull(Unit& dependency, Whose wish) {
    const bool wanted = std::ranges::any_of(dependency.instances, [](const Instance& i) {
        return i.goal == Goal::up && i.state != State::failed;
    });
    const bool may =
        wish == Whose::operators || std::ranges::any_of(dependency.instances, untouched);
    if (!may) return;
    pull_dependencies(dependency, wish);
    if (wanted) return;  // Some of its instances may be stopped: that is the operator's choice.
    each_target(dependency, {dependency.id, all_instances}, [&](Instance& i) {
        if (wish == Whose::operators || untouched(i)) want_going(dependency, i);
    });
    start_members(dependency, wish);
}

void Stepper::await(Unit& unit, InstanceId target, CommandId command, Goal goal) {
    std::erase_if(unit.pending, [&](const PendingCommand& pending) {
        const bool contradicted = pending.goal != goal && overlap(pending.instance, target);
        if (contradicted) answer(pending.id, pending.instance, Outcome::superseded);
        return contradicted;
    });
    if (command != 0) unit.pending.push_back({command, target, goal});
    touch(unit);
}

void Stepper::answer(CommandId command, InstanceId target, Outcome outcome, std::string text) {
    if (command != 0) out_.emplace_back(Answer{command, target, outcome, std::move(text)});
}

void Stepper::answer_pending(Unit& unit) {
    std::erase_if(unit.pending, [&](const PendingCommand& pending) {
        const auto result = overruled(unit, pending) ? Outcome::superseded : outcome(unit, pending);
        if (result) answer(pending.id, pending.instance, *result);
        return result.has_value();
    });
    if (unit.pending.empty()) unit.pending.shrink_to_fit();
}

// Another goal has taken the place of the one that it set: that of a group, or of
// what a new configuration needs.
bool Stepper::overruled(const Unit& unit, const PendingCommand& pending) const {
    if (pending.wish != Wish::goal) return false;
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        if (!overlap(pending.instance, {unit.id, index})) continue;
        const Instance& i = unit.instances[index];
        if (!i.removed && i.goal != pending.goal) return true;
    }
    return false;
}

// The instance has failed: so has each start of it, alone or as part of its unit or of a group.
void Stepper::answer_failed(Unit& unit, const Instance& instance) {
    const InstanceId id = id_of(unit, instance);
    for (Unit* each = &unit; each != nullptr; each = this->unit(each->group)) {
        std::erase_if(each->pending, [&](const PendingCommand& pending) {
            if (pending.goal != Goal::up || pending.wish == Wish::freeze) return false;
            const bool named = overlap(pending.instance, id) && id.index >= pending.first;
            // What is to be given another run yet has not failed at that.
            const bool unknown = pending.rolls() && instance.renewal;
            if (unknown || (each == &unit && !named)) return false;
            answer(pending.id, pending.instance, Outcome::failed);
            return true;
        });
    }
}

// What it waits for does not come by itself, or waits itself for what does not.
bool Stepper::waits_in_vain(const Unit& unit) const {
    if (system_.dependency_lost(unit)) return true;
    const auto edge = system_.blocker(unit);
    const Unit* const other = edge ? system_.find(edge->unit) : nullptr;
    if (other == nullptr) return false;
    if (system_.lost(*other)) return true;
    return std::ranges::any_of(system_.leaves(other->id), [this](UnitId leaf) {
        const Unit& waited_for = *system_.find(leaf);
        const bool waits = std::ranges::any_of(waited_for.instances, [](const Instance& i) {
            return i.state == State::waiting && !i.removed;
        });
        return waits && waits_in_vain(waited_for);
    });
}

// How a command came out, if that is known by now. A start has failed as soon
// as one try has: the retries go on, but who waits should hear of it.
std::optional<Outcome> Stepper::outcome(const Unit& unit, const PendingCommand& pending) const {
    if (unit.removed && pending.goal == Goal::up) return Outcome::superseded;
    if (pending.rolls()) return roll_outcome(unit, pending);
    if (pending.wish == Wish::freeze) return freeze_outcome(unit, pending);
    bool open = false, any = false;
    if (unit.spec->type == UnitType::group && pending.goal == Goal::up) {
        for (const UnitId leaf : system_.leaves(unit.id)) {
            const auto members = outcome(*system_.find(leaf), {0, {leaf, all_instances}, Goal::up});
            if (members == Outcome::failed) return members;
        }
    }
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        if (!overlap(pending.instance, {unit.id, index})) continue;
        if (index < pending.first) continue;
        const Instance& i = unit.instances[index];
        const bool has_to_go = pending.wish == Wish::scale || pending.goal == Goal::down;
        if (i.removed) open = open || (has_to_go && alive(i));
        if (i.removed) continue;
        any = true;
        switch (i.state) {
            case State::failed:
            case State::backoff:
                if (pending.goal == Goal::up) return Outcome::failed;
                break;
            case State::waiting:
                if (i.reason == Reason::demand) break;  // It has run, and is asleep again.
                if (pending.goal == Goal::up && waits_in_vain(unit)) return Outcome::failed;
                open = true;
                break;
            case State::starting:
            case State::stopping: open = true; break;
            case State::ready:
                if (pending.goal == Goal::down) open = true;
                break;
            case State::inactive:
            case State::completed: break;
        }
    }
    if (system_.shutting_down_ && pending.goal == Goal::up) return Outcome::superseded;
    const bool gone = !any && pending.wish == Wish::goal && pending.goal == Goal::up;
    if (gone) return Outcome::superseded;
    if (open) return std::nullopt;
    return Outcome::done;
}

}  // namespace superd::core
