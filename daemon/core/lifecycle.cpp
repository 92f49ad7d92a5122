// One run of an instance, from its spawn to the end of its process tree.
#include "core/stepper.hpp"

#include <algorithm>
#include <cassert>

namespace superd::core {

namespace {

// Why there will be another run after this one, should there be one.
Origin next_origin(const Instance& instance) {
    if (instance.reason == Reason::stalled) return Origin::stalled;
    if (instance.reason == Reason::leftovers || instance.run_failed) return Origin::ended;
    if (instance.reason == Reason::renewal && instance.renewal) return origin_of(*instance.renewal);
    const bool reloads = instance.origin == Origin::reload;
    if (instance.reason == Reason::restart_requested && reloads) return Origin::reload;
    if (instance.restart_requested) return Origin::restart;
    return Origin::start;
}

}  // namespace

void Stepper::spawn(Unit& unit, Instance& instance) {
    assert(!alive(instance) && "two main processes of one instance");
    assert(!held(instance) && "a run that never began cannot stand still");
    instance.run = system_.next_run_++;
    ++instance.generation;
    instance.dormant = false;
    instance.pid = 0;
    instance.started = now_;
    instance.ready_at = Instant{};
    instance.leader_gone = false;
    instance.draining = false;
    instance.run_failed = false;
    instance.limited = false;
    instance.restart_requested = false;
    instance.stop_step = 0;
    instance.health.reset();
    instance.announced = Announced::nothing;
    if (instance.renewal) instance.renewal->begun = true;
    instance.transient = false;
    if (!has_hook(*unit.spec, Hook::pre_start)) return launch(unit, instance);
    enter(unit, instance, State::starting, Reason::pre_start);
    begin_hook(unit, instance, Hook::pre_start);
}

void Stepper::launch(Unit& unit, Instance& instance) {
    instance.started = now_;
    enter(unit, instance, State::starting, Reason::spawning);
    out_.emplace_back(Spawn{id_of(unit, instance), instance.run});
}

void Stepper::spawned(Unit& unit, Instance& instance, std::int32_t pid) {
    if (!alive(instance) || instance.pid != 0 || instance.leader_gone) return;
    instance.pid = pid;
    instance.spawn_error.reset();
    if (instance.state == State::stopping) {  // The stop overtook the spawn.
        changed(unit, instance);
        return send_stop_signal(unit, instance);
    }
    touch(unit);
    if (unit.spec->type == UnitType::oneshot) {
        return enter(unit, instance, State::starting, Reason::running);
    }
    if (!unit.spec->awaits_ready) return came_up(unit, instance, Reason::running);
    enter(unit, instance, State::starting, Reason::awaiting_ready);
    await_ready(unit, instance);
}

void Stepper::await_ready(Unit& unit, Instance& instance) {
    if (!held(instance)) arm(unit, instance, now_ + unit.spec->ready_timeout);
    out_.emplace_back(AwaitReady{id_of(unit, instance), instance.run});
}

void Stepper::became_ready(Unit& unit, Instance& instance, Reason reason) {
    if (is_second(unit, instance)) {
        return take_place(unit, number_of(id_of(unit, instance)), reason);
    }
    disarm(unit, instance);
    instance.ready_at = now_;
    enter(unit, instance, State::ready, reason);
    begin_health(unit, instance);
    renewed(unit, instance);
}

void Stepper::spawn_failed(Unit& unit, Instance& instance, const SpawnFailed& failure) {
    if (!alive(instance) || instance.pid != 0 || instance.leader_gone) return;
    instance.spawn_error = std::make_unique<std::string>(failure.error);
    const bool unwanted = instance.state == State::stopping || must_end(unit, instance).has_value();
    disarm(unit, instance);
    if (has_hook(*unit.spec, Hook::post_stop)) return undo_start(unit, instance, failure.transient);
    if (is_second(unit, instance)) {
        const std::uint32_t number = number_of(id_of(unit, instance));
        if (!unwanted && !failure.transient) crashed(unit, instance, Reason::spawn_failed);
        if (!unwanted) renewal_failed(unit, number, failure.error);
        return second_gone(unit, instance);
    }
    if (unwanted) return down(unit, instance);
    const auto policy = unit.spec->restart.policy;
    if (failure.transient) return retry(unit, instance, Reason::spawn_failed, false, false);
    crashed(unit, instance, Reason::spawn_failed);
    if (policy == RestartPolicy::never) {
        return enter(unit, instance, State::failed, Reason::spawn_failed);
    }
    retry(unit, instance, Reason::spawn_failed, false, true);
}

void Stepper::exited(Unit& unit, Instance& instance, const ExitStatus& status) {
    if (!alive(instance) || instance.leader_gone) return;
    LastExit last{now_, now_ - instance.started, instance.run, instance.pid, status};
    instance.last_exit = std::make_unique<LastExit>(last);
    let_go(unit, instance);  // For what is left of its tree.
    instance.pid = 0;
    instance.leader_gone = true;
    if (instance.draining) {  // Nothing has been sent yet: what is left is to be told.
        instance.draining = false;
        disarm(unit, instance);
    }
    if (instance.state == State::stopping) {
        changed(unit, instance);  // The escalation goes on: others of its tree may live.
        if (instance.hook != Hook::none) return;  // ... once the hook has ended.
    } else {
        if (instance.reason == Reason::awaiting_ready) {
            out_.emplace_back(ForgetReady{id_of(unit, instance), instance.run});
        }
        drop_hook(unit, instance);
        disarm(unit, instance);
        enter(unit, instance, State::stopping, Reason::leftovers);
    }
    out_.emplace_back(Sweep{id_of(unit, instance), instance.run});
}

// With nobody else to take them, connections would wait for nothing.
bool Stepper::has_to_drain(const Unit& unit, const Instance& instance, Reason reason) const {
    if (!unit.spec->drains || unit.removed || reason != Reason::removed) return false;
    if (instance.state != State::ready || instance.pid == 0) return false;
    return std::ranges::any_of(unit.instances, [](const Instance& other) {
        return !other.removed && other.state == State::ready;
    });
}

void Stepper::drained(Unit& unit, Instance& instance) {
    if (!instance.draining) return;
    instance.draining = false;
    if (has_hook(*unit.spec, Hook::pre_stop)) return begin_hook(unit, instance, Hook::pre_stop);
    send_stop_signal(unit, instance);
    changed(unit, instance);
}

void Stepper::begin_stop(Unit& unit, Instance& instance, Reason reason) {
    constexpr Duration drain_max = std::chrono::seconds{10};
    const bool drains = has_to_drain(unit, instance, reason);
    let_go(unit, instance);  // It is to see what it is sent.
    if (instance.reason == Reason::awaiting_ready) {
        out_.emplace_back(ForgetReady{id_of(unit, instance), instance.run});
    }
    const bool well = instance.state == State::ready && instance.pid != 0 && !instance.run_failed &&
                      instance.announced != Announced::stopping;
    const bool nothing_yet = instance.hook == Hook::pre_start;
    drop_hook(unit, instance);
    disarm(unit, instance);
    instance.stop_step = 0;
    enter(unit, instance, State::stopping, reason);
    if (nothing_yet) {  // But for what the hook may have left.
        instance.leader_gone = true;
        out_.emplace_back(Sweep{id_of(unit, instance), instance.run});
        return;
    }
    if (drains) {
        instance.draining = true;
        arm(unit, instance, now_ + drain_max);
        out_.emplace_back(Drain{id_of(unit, instance), instance.run});
        return;
    }
    if (well && has_hook(*unit.spec, Hook::pre_stop)) {
        return begin_hook(unit, instance, Hook::pre_stop);
    }
    // Before Spawned there is nobody to signal; spawned() does it then.
    if (instance.pid != 0) send_stop_signal(unit, instance);
}

void Stepper::send_stop_signal(Unit& unit, Instance& instance) {
    constexpr Duration patience_min = std::chrono::milliseconds{100};
    const StopStep step = stop_step(*unit.spec, instance);
    out_.emplace_back(Signal{id_of(unit, instance), instance.run, step.signal});
    arm(unit, instance, now_ + std::max(step.patience, patience_min));
}

void Stepper::timer_fired(Unit& unit, Instance& instance) {
    if (instance.hook != Hook::none) return hook_timed_out(unit, instance);
    switch (instance.state) {
        case State::starting:
            instance.run_failed = true;
            return begin_stop(unit, instance, Reason::ready_timeout);
        case State::stopping:
            if (instance.draining) return drained(unit, instance);
            if (instance.stop_step + 1u < stop_steps(*unit.spec, instance)) ++instance.stop_step;
            send_stop_signal(unit, instance);
            changed(unit, instance);
            if (instance.leader_gone) {
                out_.emplace_back(Sweep{id_of(unit, instance), instance.run});
            }
            return;
        case State::backoff:
            instance.due = Instant{};
            return enter(unit, instance, State::waiting, Reason::dependency);
        case State::ready:
            if (instance.announced != Announced::stopping) {
                return look_at_watchdog(unit, instance);
            }
            instance.run_failed = true;
            return begin_stop(unit, instance, Reason::overstayed);
        case State::inactive:
        case State::waiting:
        case State::failed:
        case State::completed: return;
    }
}

void Stepper::down(Unit& unit, Instance& instance) {
    disarm(unit, instance);
    const bool by_itself = instance.reason == Reason::leftovers || instance.run_failed;
    if (by_itself) ended_badly(unit, instance);
    if (is_second(unit, instance)) return second_gone(unit, instance);
    const bool fell_idle =
        instance.reason == Reason::idle && !instance.restart_requested && unit.spec->on_demand;
    instance.origin = next_origin(instance);
    if (instance.removed) return enter(unit, instance, State::inactive, Reason::removed);
    if (system_.shutting_down_) return enter(unit, instance, State::inactive, Reason::shutdown);
    if (instance.goal == Goal::down) return enter(unit, instance, State::inactive, Reason::stopped);
    if (system_.group_ended(unit)) return enter(unit, instance, State::inactive, Reason::group);
    if (fell_idle) return sleep(unit, instance);
    if (by_itself && !instance.restart_requested) {
        if (successor(unit, instance) != nullptr) return succeed(unit, id_of(unit, instance).index);
        return ended_by_itself(unit, instance);
    }
    instance.restart_requested = false;
    enter(unit, instance, State::waiting, Reason::dependency);
}

}  // namespace superd::core
