// Runs that stand still by the operator's wish: nothing is expected of them, so nothing
// is timed, asked or counted against them until they go on; then it begins anew. Who is
// to end goes on first, for a process that stands still sees no signal but SIGKILL.
#include "core/stepper.hpp"

#include <algorithm>
#include <utility>

namespace superd::core {

std::string why_not_held(const Instance& instance) {
    if (!alive(instance) || instance.pid == 0) return "it does not run";
    if (instance.state == State::stopping) return "it is being stopped";
    if (instance.announced == Announced::stopping) return "it ends by its own wish";
    if (instance.hook != Hook::none) {
        return "its " + std::string{to_string(instance.hook)} + " hook runs";
    }
    return {};
}

// Empty: it can be frozen.
std::string Stepper::why_not_freeze(const Unit& unit, const Instance& instance) const {
    std::string own = why_not_held(instance);
    return own.empty() && must_end(unit, instance) ? "it is to be stopped" : own;
}

void Stepper::heed(const FreezeRequested& event) {
    Unit* const found = unit(event.instance.unit);
    if (found == nullptr) return answer(event.command, event.instance, Outcome::failed);
    std::string problem = "it does not run";
    bool any = false;
    for (std::uint32_t index = 0; index < found->instances.size(); ++index) {
        Instance& i = found->instances[index];
        const std::uint32_t wanted = event.instance.index;
        if ((wanted != all_instances && wanted != index) || i.removed) continue;
        if (!event.on) {
            if (!held(i)) continue;
            let_go(*found, i);
            go_on(*found, i);
            continue;
        }
        const std::string why = held(i) ? std::string{} : why_not_freeze(*found, i);
        if (why.empty()) {
            any = true;
        } else if (alive(i)) {
            problem = why;
        }
        if (held(i) || !why.empty()) continue;
        hold(*found, i, Freeze::asked);
        out_.emplace_back(SetFrozen{id_of(*found, i), i.run, true});
    }
    touch(*found);
    if (!event.on) return answer(event.command, event.instance, Outcome::done);
    if (!any) return answer(event.command, event.instance, Outcome::failed, problem);
    if (event.command == 0) return;
    found->pending.push_back(
        {.id = event.command, .instance = event.instance, .wish = Wish::freeze});
}

void Stepper::heed(const FreezeTold& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr) return;
    Unit& owner = *unit(event.instance.unit);
    const InstanceId id = id_of(owner, *i);
    if (!event.error.empty()) {
        if (i->freeze != Freeze::asked) return;
        std::erase_if(owner.pending, [&](const PendingCommand& pending) {
            const std::uint32_t index = pending.instance.index;
            const bool about = index == all_instances || index == number_of(id);
            if (pending.wish != Wish::freeze || !about) return false;
            answer(pending.id, pending.instance, Outcome::failed, event.error);
            return true;
        });
        i->freeze = Freeze::none;
        return go_on(owner, *i);
    }
    if (event.frozen && i->freeze == Freeze::asked) {
        i->freeze = Freeze::frozen;
        changed(owner, *i);
    } else if (event.frozen && !held(*i)) {  // Somebody else has done it.
        if (!why_not_freeze(owner, *i).empty()) {
            out_.emplace_back(SetFrozen{id, i->run, false});
            return;
        }
        hold(owner, *i, Freeze::frozen);
    } else if (!event.frozen && i->freeze == Freeze::frozen) {
        i->freeze = Freeze::none;  // Likewise.
        go_on(owner, *i);
    } else {
        return;
    }
    out_.emplace_back(FreezeChanged{id, i->run, event.frozen});
    touch(owner);
}

// What has been counted and timed so far is put off.
void Stepper::hold(Unit& unit, Instance& instance, Freeze how) {
    instance.freeze = how;
    instance.frozen_since = now_;
    disarm(unit, instance);
    if (instance.health) {
        if (std::exchange(instance.health->asking, false)) {
            out_.emplace_back(StopChecks{id_of(unit, instance), instance.run});
        }
        instance.health->watchdog_due = Instant{};
    }
    changed(unit, instance);
}

// Its processes run again. What is to become of the run is the caller's to say.
void Stepper::let_go(Unit& unit, Instance& instance) {
    if (!held(instance)) return;
    const InstanceId id = id_of(unit, instance);
    const bool stood_still = instance.freeze == Freeze::frozen;
    instance.freeze = Freeze::none;
    instance.frozen_since = Instant{};
    out_.emplace_back(SetFrozen{id, instance.run, false});
    if (stood_still) out_.emplace_back(FreezeChanged{id, instance.run, false});
}

// All that is expected of a run begins anew for one that nobody holds any more.
void Stepper::go_on(Unit& unit, Instance& instance) {
    instance.frozen_since = Instant{};
    changed(unit, instance);
    touch(unit);
    if (instance.state == State::ready) return begin_health(unit, instance);
    if (instance.state != State::starting) return;
    if (instance.reason == Reason::awaiting_ready) return await_ready(unit, instance);
    if (instance.reason == Reason::reported_ready) {
        came_up(unit, instance, Reason::reported_ready);
    }
}

std::optional<Outcome> Stepper::freeze_outcome(const Unit& unit,
                                               const PendingCommand& pending) const {
    bool any = false;
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        const std::uint32_t wanted = pending.instance.index;
        if (wanted != all_instances && wanted != index) continue;
        const Instance& i = unit.instances[index];
        if (i.freeze == Freeze::asked) return std::nullopt;
        any = any || i.freeze == Freeze::frozen;
    }
    return any ? Outcome::done : Outcome::superseded;
}

}  // namespace superd::core
