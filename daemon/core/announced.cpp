// What a service says of itself: that it reloads, that it ends by its own wish,
// and that it needs more time.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

namespace {

// How long a stop may take before the last signal has been waited for.
Duration patience(const UnitSpec& spec) {
    Duration all{};
    for (const StopStep& step : spec.stop) all += step.patience;
    return all;
}

}  // namespace

void Stepper::announced(Unit& unit, Instance& instance, Announced what) {
    // There is no way back from the end; and one that is being stopped is known to stop.
    const bool ending = instance.announced == Announced::stopping;
    if (instance.state != State::ready || instance.announced == what || ending) return;
    instance.announced = what;
    changed(unit, instance);
    if (what != Announced::stopping) return;
    end_health(unit, instance);
    if (!held(instance)) await_own_stop(unit, instance);
}

// It winds down without having been told to: as in a stop, it has to come to its end.
void Stepper::await_own_stop(Unit& unit, Instance& instance) {
    arm(unit, instance, now_ + unit.spec->stop.front().patience);
}

void Stepper::extend(Unit& unit, Instance& instance, Duration by) {
    if (instance.hook != Hook::none) return;  // The deadline is not the service's.
    const UnitSpec& spec = *unit.spec;
    const Instant wanted = now_ + std::min(by, spec.extend_max);
    if (instance.state == State::ready && instance.announced != Announced::stopping) {
        // Its next look is soon enough: the deadline is what moves.
        if (!instance.health || instance.health->watchdog_due == Instant{}) return;
        instance.health->watchdog_due = std::max(instance.health->watchdog_due, wanted);
        return;
    }
    const bool starting = instance.state == State::starting;
    if (instance.due == Instant{} ||
        (!starting && instance.state != State::stopping && instance.state != State::ready)) {
        return;
    }
    const Duration own = starting ? spec.ready_timeout : patience(spec);
    const Instant begun = starting ? instance.started : instance.since;
    // However often it asks: at the end nothing waits for ever.
    const Instant latest = std::max(begun, instance.ready_at) + own + spec.extend_max;
    const Instant due = std::min(wanted, latest);
    if (due <= instance.due) return;
    arm(unit, instance, due);
    changed(unit, instance);
}

}  // namespace superd::core
