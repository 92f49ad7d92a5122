// What watches over a run while it is ready: its checks and its watchdog. A run
// that fails them ends like any other failure, by the escalation of its stop,
// and the restart policy says what comes next.
#include "core/stepper.hpp"

#include <algorithm>
#include <utility>

namespace superd::core {

namespace {

// The watchdog is looked at four times an interval. A look that comes later
// than the next one should have means that superd was away (stopped, frozen, or
// a new one): then the services perhaps were too, and get a whole interval.
constexpr int looks = 4;
// One that stalled has so long to note where, and to be dumped.
constexpr Duration abort_patience = std::chrono::seconds{2};
constexpr std::int32_t sigabrt = 6, sigkill = 9;

Duration every(const Unit& unit, const Instance& instance) {
    const bool chosen = instance.health && instance.health->watchdog_every.count() > 0;
    return chosen ? instance.health->watchdog_every : unit.spec->watchdog.every;
}

}  // namespace

void Stepper::begin_health(Unit& unit, Instance& instance) {
    if (held(instance)) return;  // When it goes on.
    if (instance.announced == Announced::stopping) return await_own_stop(unit, instance);
    const bool watched = unit.spec->watchdog.every.count() > 0;
    // Those that a supervisor before us had begun may not be in the configuration any more.
    if (unit.spec->checks.empty() && instance.health) instance.health->checks.clear();
    if (unit.spec->checks.empty() && !watched) return;
    if (!instance.health) instance.health = std::make_unique<Health>();
    Health& health = *instance.health;
    health.checks.resize(unit.spec->checks.size(), CheckState{.since = now_});
    if (!health.checks.empty()) {
        out_.emplace_back(StartChecks{id_of(unit, instance), instance.run});
        health.asking = true;
    }
    if (watched) feed_watchdog(unit, instance);
}

void Stepper::end_health(Unit& unit, Instance& instance) {
    if (!instance.health) return;
    if (std::exchange(instance.health->asking, false)) {
        out_.emplace_back(StopChecks{id_of(unit, instance), instance.run});
    }
    instance.health->checks.clear();
    instance.health->watchdog_due = Instant{};
    instance.health->watchdog_every = Duration{};
}

// The rules have changed under a run that is ready: what was counted by the old ones is void.
void Stepper::renew_health(Unit& unit, Instance& instance, bool checks_differ) {
    if (instance.state != State::ready || instance.announced == Announced::stopping) return;
    if (checks_differ) {
        end_health(unit, instance);
        changed(unit, instance);
    }
    disarm(unit, instance);
    if (instance.health) instance.health->watchdog_due = Instant{};
    begin_health(unit, instance);
}

void Stepper::check_told(Unit& unit, Instance& instance, std::uint32_t index,
                         const std::string* problem) {
    if (instance.state != State::ready || !instance.health || held(instance)) return;
    if (index >= unit.spec->checks.size() || index >= instance.health->checks.size()) return;
    // On its way out, by the operator's wish or with what it needs: that goes first.
    if (problem != nullptr && must_end(unit, instance)) return;
    const CheckSpec& spec = unit.spec->checks[index];
    CheckState& state = instance.health->checks[index];
    const Verdict verdict = judge(spec, state, problem, instance.ready_at, now_);
    if (verdict == Verdict::as_before) return;
    const std::string text = describe(spec, state);
    out_.emplace_back(
        CheckTurned{id_of(unit, instance), instance.run, index, verdict == Verdict::failed, text});
    changed(unit, instance);
    if (verdict == Verdict::recovered) return;
    if (spec.on_failure == OnFailure::restart) {
        end_unhealthy(unit, instance, Reason::check_failed, "check " + text);
    } else if (spec.on_failure == OnFailure::stop) {
        end_unhealthy(unit, instance, Reason::check_stopped, "check " + text);
    }
}

void Stepper::end_unhealthy(Unit& unit, Instance& instance, Reason reason, std::string cause) {
    instance.run_failed = true;
    instance.health->cause = std::move(cause);
    begin_stop(unit, instance, reason);
}

void Stepper::watchdog_told(Unit& unit, Instance& instance, const WatchdogTold& told) {
    if (instance.state != State::ready || unit.spec->watchdog.every.count() == 0) return;
    if (instance.announced == Announced::stopping || held(instance)) return;
    if (told.every.count() > 0) instance.health->watchdog_every = told.every;
    if (told.hung) return watchdog_missed(unit, instance, "it reported itself as hung");
    feed_watchdog(unit, instance);
}

void Stepper::feed_watchdog(Unit& unit, Instance& instance) {
    const Duration interval = every(unit, instance);
    instance.health->watchdog_due = now_ + interval;
    arm(unit, instance, now_ + interval / looks);
}

void Stepper::look_at_watchdog(Unit& unit, Instance& instance) {
    if (!instance.health || instance.health->watchdog_due == Instant{}) return;
    const Duration interval = every(unit, instance);
    if (now_ - instance.due > interval / looks) return feed_watchdog(unit, instance);
    if (now_ < instance.health->watchdog_due) {
        return arm(unit, instance,
                   std::min(now_ + interval / looks, instance.health->watchdog_due));
    }
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(interval).count();
    watchdog_missed(unit, instance, "no WATCHDOG=1 for " + std::to_string(ms) + " ms");
}

void Stepper::watchdog_missed(Unit& unit, Instance& instance, std::string cause) {
    if (must_end(unit, instance)) return feed_watchdog(unit, instance);
    end_unhealthy(unit, instance, Reason::watchdog, "watchdog: " + std::move(cause));
}

// The signal of a watchdog goes before the others: it is to leave a core dump
// that shows where the process hangs. What has stalled and was to go by itself gets it last.
StopStep stop_step(const UnitSpec& spec, const Instance& instance) {
    std::size_t at = instance.stop_step;
    const StopStep abort{sigabrt, abort_patience}, last = spec.stop.back();
    if (instance.reason == Reason::stalled)
        return at == 0 ? abort : StopStep{sigkill, last.patience};
    if (is_stalled(instance.renewal.get())) {
        if (at + 1 == spec.stop.size()) return abort;
        return at < spec.stop.size() ? spec.stop[at] : last;
    }
    if (instance.reason == Reason::watchdog) {
        if (at == 0) return {spec.watchdog.signal, spec.stop.front().patience};
        --at;
    }
    return spec.stop[std::min(at, spec.stop.size() - 1)];
}

std::size_t stop_steps(const UnitSpec& spec, const Instance& instance) {
    if (instance.reason == Reason::stalled) return 2;
    const bool aborts = instance.reason == Reason::watchdog || is_stalled(instance.renewal.get());
    return spec.stop.size() + (aborts ? 1 : 0);
}

}  // namespace superd::core
