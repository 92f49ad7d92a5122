// New runs for instances that are well, one batch after another.
//
// Level-triggered: that an instance is to be given a new run is a flag of its
// own (Instance::renewal), and each look at the unit begins as many replacements
// as may be under way. So a new supervisor goes on where the one before stood,
// and whatever takes the flag away (a stop, another command, a failure) ends it.
#include "core/stepper.hpp"

#include <algorithm>
#include <cassert>

namespace superd::core {

namespace {

bool wanted(const Instance& instance) { return instance.goal == Goal::up && !instance.removed; }

bool is_roll(const Instance& instance) {
    return instance.renewal && core::is_roll(instance.renewal->kind);
}

bool sleeps(const Instance& instance) {
    return instance.state == State::waiting && instance.reason == Reason::demand;
}

bool at_rest(const Instance& instance) {
    return instance.state == State::inactive || instance.state == State::failed ||
           instance.state == State::completed;
}

// "web/1", or "web" where there is only one.
std::string name_of(const Unit& unit, std::uint32_t number) {
    if (wanted_instances(unit) == 1 && number == 0) return unit.spec->name;
    return unit.spec->name + "/" + std::to_string(number);
}

std::string instances(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " instance" : " instances");
}

std::uint32_t at_once(const Unit& unit, const Renewal& renewal) {
    const std::uint32_t surge = unit.spec->rolling.surge;
    return surge == 0 ? renewal.batch : std::min<std::uint32_t>(renewal.batch, surge);
}

// Nobody misses one that has stalled, so that others are missing does not keep it waiting.
bool is_full(const Unit& unit, const Renewal& renewal, std::uint32_t busy) {
    const std::uint32_t surge = unit.spec->rolling.surge;
    if (!is_stalled(&renewal)) return busy >= at_once(unit, renewal);
    return surge != 0 && unit.beside.size() >= surge;
}

const char* failure_of(const Instance& first, bool whole) {
    if (whole) return "rolling restart failed: ";
    return is_stalled(first.renewal.get()) ? "replacement failed: " : "recycling failed: ";
}

}  // namespace

std::optional<RollProgress> roll_progress(const Unit& unit) {
    if (!unit.rolling) return std::nullopt;
    RollProgress progress;
    std::uint32_t left = 0;
    for (const Instance& i : unit.instances) {
        if (!is_roll(i)) continue;
        ++left;
        progress.of = std::max<std::uint32_t>(progress.of, i.renewal->of);
    }
    for (const auto& [number, second] : unit.beside) {
        if (!is_roll(second)) continue;  // One that is to come has no flag.
        ++left;
        progress.of = std::max<std::uint32_t>(progress.of, second.renewal->of);
    }
    progress.of = std::max(progress.of, left);
    progress.done = progress.of - left;
    return progress;
}

// --- The operator's wish ----------------------------------------------------

void Stepper::roll(const RollRequested& request) {
    Unit* const found = unit(request.instance.unit);
    if (found == nullptr || found->removed || system_.shutting_down_ ||
        found->spec->type == UnitType::group) {
        return answer(request.command, request.instance, Outcome::failed);
    }
    supersede_roll(*found);
    // Another definition is taken by what does not run when it is started.
    if (!request.apply) {
        await(*found, request.instance, 0, Goal::up);
        pull_dependencies(*found);
    }
    const std::uint32_t batch = request.batch != 0 ? request.batch : found->spec->rolling.batch;
    std::vector<Instance*> flagged;
    bool any = !request.apply;
    for (std::uint32_t index = 0; index < found->instances.size(); ++index) {
        Instance& i = found->instances[index];
        const bool named =
            request.instance.index == all_instances || request.instance.index == index;
        if (!named || i.removed) continue;
        if (request.apply && (i.goal == Goal::down || !alive(i))) continue;
        any = true;
        // What is of no use to anybody need not be waited for.
        if (i.state != State::ready || i.announced == Announced::stopping) {
            ask_restart(*found, i, request.apply ? Origin::reload : Origin::restart);
            continue;
        }
        want_up(*found, i);
        forget_failures(i);
        i.renewal = std::make_unique<Renewal>();
        flagged.push_back(&i);
    }
    for (Instance* const i : flagged) {
        i->renewal->kind = request.apply ? RenewalKind::apply : RenewalKind::restart;
        i->renewal->batch = static_cast<std::uint16_t>(std::min(batch, UnitSpec::instances_max));
        i->renewal->of = static_cast<std::uint16_t>(flagged.size());
        i->renewal->first = system_.next_run_;
        changed(*found, *i);
    }
    if (!any) return answer(request.command, request.instance, Outcome::done);
    if (request.command != 0) {
        found->pending.push_back({.id = request.command,
                                  .instance = request.instance,
                                  .wish = request.apply ? Wish::apply : Wish::roll,
                                  .since = system_.next_run_});
    }
    touch(*found);  // Who waits is told, though there may be nothing to do.
    if (flagged.empty()) return;
    found->rolling = true;
    tell_roll(
        request.instance, 0, RollPhase::begun,
        "rolling restart of " + instances(flagged.size()) + ", " + std::to_string(batch) +
            " at a time, " +
            (found->spec->rolling.surge != 0 ? "each started before its old process is stopped"
                                             : "each stopped before it is started again"));
}

// Another command takes the place of a rolling restart.
void Stepper::supersede_roll(Unit& unit) {
    unit.roll_failure.clear();
    std::erase_if(unit.pending, [&](const PendingCommand& pending) {
        if (pending.rolls()) answer(pending.id, pending.instance, Outcome::superseded);
        return pending.rolls();
    });
    if (!unit.rolling) return;
    cancel_roll(unit);
    tell_roll({unit.id, all_instances}, 0, RollPhase::cancelled,
              "rolling restart given up: another command takes its place");
}

void Stepper::cancel_roll(Unit& unit) {
    unit.rolling = false;
    for (Instance& i : unit.instances) {
        if (!is_roll(i)) continue;
        i.renewal.reset();
        changed(unit, i);
    }
    touch(unit);
}

// Nothing while it is not known. Its failure is told by renewal_failed().
std::optional<Outcome> Stepper::roll_outcome(const Unit& unit,
                                             const PendingCommand& pending) const {
    if (system_.shutting_down_) return Outcome::superseded;
    bool open = false, wanted_any = false;
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        if (pending.instance.index != all_instances && pending.instance.index != index) continue;
        const Instance& i = unit.instances[index];
        if (i.removed) continue;
        if (i.goal == Goal::down && pending.wish == Wish::apply) continue;
        if (i.goal == Goal::down) return Outcome::superseded;
        const bool failing = i.state == State::failed || i.state == State::backoff;
        // It had failed before it was asked for, and is as it was.
        const bool earlier = failing && pending.wish == Wish::apply && i.run < pending.since;
        if (earlier && !i.renewal) continue;
        wanted_any = true;
        if (i.state == State::waiting && waits_in_vain(unit)) return Outcome::failed;
        if (failing && !i.renewal) return Outcome::failed;
        open = open || i.renewal || missing(i) || unit.beside.contains(index);
    }
    if (open) return std::nullopt;
    return wanted_any ? Outcome::done : Outcome::superseded;
}

// --- What follows from the flags --------------------------------------------

// Ends second runs that are of no use any more.
void Stepper::end_beside(Unit& unit) {
    for (auto& [number, second] : unit.beside) {
        if (second.state == State::stopping) continue;
        if (const auto end = must_end_beside(unit, second)) begin_stop(unit, second, *end);
    }
}

std::optional<Reason> Stepper::must_end_beside(const Unit& unit, const Instance& second) const {
    const std::uint32_t number = number_of(id_of(unit, second));
    if (number >= unit.instances.size() || unit.spec->type == UnitType::group) {
        return Reason::removed;
    }
    const Instance& first = unit.instances[number];
    if (const auto end = must_end(unit, first)) return end;
    if (second.run < first.run) return Reason::replaced;
    if (!first.renewal || first.renewal->begun || first.restart_requested ||
        second.run < first.renewal->first) {
        return Reason::superfluous;
    }
    // The operator wants to keep that one as it is; once it goes on, its turn comes again.
    if (held(first) && !is_roll(first)) return Reason::superfluous;
    return std::nullopt;
}

void Stepper::roll_on(Unit& unit) {
    judge_replacements(unit);
    bool stopped = false;
    for (Instance& i : unit.instances) {
        // Stopped, asleep, or ended by itself: then there is nothing to replace.
        if (!i.renewal || (wanted(i) && !at_rest(i) && !sleeps(i))) continue;
        stopped = stopped || (is_roll(i) && !i.removed && !sleeps(i));
        i.renewal.reset();
        changed(unit, i);
    }
    if (stopped) {
        cancel_roll(unit);
        tell_roll({unit.id, all_instances}, 0, RollPhase::cancelled,
                  "rolling restart given up: it was stopped");
    }
    begin_renewals(unit);
    if (!unit.rolling || !unit.beside.empty()) return;
    if (std::ranges::any_of(unit.instances, [](const Instance& i) { return is_roll(i); })) return;
    unit.rolling = false;
    tell_roll({unit.id, all_instances}, 0, RollPhase::done,
              "rolling restart done: all have new processes");
}

// One failure is enough: those that are not replaced yet stay as they are.
void Stepper::judge_replacements(Unit& unit) {
    for (auto& [number, second] : unit.beside) {
        if (number >= unit.instances.size()) continue;
        const Instance& first = unit.instances[number];
        const bool newer =
            first.renewal && !first.renewal->begun && second.run >= first.renewal->first;
        const bool failed = second.state == State::stopping &&
                            (second.run_failed || second.reason == Reason::leftovers);
        if (!newer || !failed) continue;
        const std::string how = second.reason == Reason::leftovers && second.last_exit
                                    ? describe(second.last_exit->status)
                                    : why_it_failed(second);
        renewal_failed(unit, number, "run " + std::to_string(second.run) + ": " + how);
    }
    for (std::uint32_t number = 0; number < unit.instances.size(); ++number) {
        const Instance& i = unit.instances[number];
        if (i.state != State::backoff && i.state != State::failed) continue;
        if (speaks_against_others(unit, i)) renewal_failed(unit, number, why_it_failed(i));
    }
}

// It has failed. Its old run may: then the next one is the new one, if there is to be one. But a
// new one that fails, be it a while after it was ready, speaks against the others.
bool Stepper::speaks_against_others(const Unit& unit, const Instance& instance) const {
    if (instance.renewal) return instance.renewal->begun || instance.state == State::failed;
    return unit.rolling && std::ranges::any_of(unit.instances, [&](const Instance& other) {
               return is_roll(other) && instance.run >= other.renewal->first;
           });
}

void Stepper::renewal_failed(Unit& unit, std::uint32_t number, const std::string& why) {
    Instance& first = unit.instances[number];
    const InstanceId id{unit.id, number};
    std::string text = why;
    if (first.state == State::ready) {
        text += "; run " + std::to_string(first.run) + ", pid " + std::to_string(first.pid) +
                ", goes on";
    }
    const bool whole = unit.rolling && (!first.renewal || is_roll(first));
    const bool recycled = first.renewal && !is_roll(first);
    const char* const what = failure_of(first, whole);
    first.renewal.reset();
    changed(unit, first);
    if (recycled) {
        // Its time has still come: it is tried again, after as long as anything is waited for.
        const Duration pause = unit.spec->restart.max_delay;
        unit.recycle_pause = now_ + std::max<Duration>(pause, std::chrono::seconds{1});
    }
    if (whole) {
        const auto left =
            std::ranges::count_if(unit.instances, [](const Instance& i) { return is_roll(i); });
        if (left != 0) text += ", " + instances(static_cast<std::size_t>(left)) + " not replaced";
        cancel_roll(unit);
        unit.roll_failure = name_of(unit, number) + ": " + text;
        std::erase_if(unit.pending, [&](const PendingCommand& pending) {
            if (!pending.rolls()) return false;
            answer(pending.id, pending.instance, Outcome::failed, unit.roll_failure);
            return true;
        });
    }
    tell_roll(id, 0, RollPhase::failed, what + text);
    touch(unit);
}

void Stepper::begin_renewals(Unit& unit) {
    std::uint32_t busy = 0;
    for (std::uint32_t number = 0; number < unit.instances.size(); ++number) {
        const Instance& i = unit.instances[number];
        if (unit.beside.contains(number) || (wanted(i) && missing(i))) ++busy;
    }
    for (std::uint32_t number = 0; number < unit.instances.size(); ++number) {
        Instance& i = unit.instances[number];
        if (!i.renewal || i.renewal->begun || i.state != State::ready) continue;
        if (i.announced == Announced::stopping || unit.beside.contains(number)) continue;
        if (held(i) && !is_roll(i)) continue;
        if (is_full(unit, *i.renewal, busy) || must_end(unit, i)) continue;
        ++busy;
        begin_renewal(unit, i);
    }
}

Origin origin_of(const Renewal& renewal) {
    switch (renewal.kind) {
        case RenewalKind::restart: return Origin::restart;
        case RenewalKind::apply: return Origin::reload;
        case RenewalKind::age:
        case RenewalKind::memory:
        case RenewalKind::wish: return Origin::recycle;
        case RenewalKind::stalled: return Origin::stalled;
    }
    std::unreachable();
}

void Stepper::begin_renewal(Unit& unit, Instance& instance) {
    const InstanceId id = id_of(unit, instance);
    if (unit.spec->rolling.surge == 0) {
        instance.renewal->begun = true;
        instance.restart_requested = true;
        return begin_stop(unit, instance, Reason::renewal);
    }
    Instance& second = unit.beside[id.index];
    second.generation = unit.instances[id.index].generation;
    second.origin = origin_of(*instance.renewal);
    second.goal = Goal::up;
    spawn(unit, second);
    tell_roll(id, second.run, RollPhase::started,
              "started beside run " + std::to_string(instance.run));
}

// The instance is ready: if that was to be, it is done.
void Stepper::renewed(Unit& unit, Instance& instance) {
    if (!instance.renewal || !instance.renewal->begun) return;
    instance.renewal.reset();
    changed(unit, instance);
    tell_roll(id_of(unit, instance), instance.run, RollPhase::replaced, "started again");
}

// Of a supervisor that takes over.
void Stepper::resume_roll(Unit& unit) {
    unit.rolling =
        std::ranges::any_of(unit.instances, [](const Instance& i) { return is_roll(i); });
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, second] : unit.beside) numbers.push_back(number);
    for (const std::uint32_t number : numbers) resume(unit, unit.beside.at(number));
}

void Stepper::tell_roll(InstanceId id, RunId run, RollPhase phase, std::string text) {
    out_.emplace_back(RollTold{id, run, phase, std::move(text)});
}

}  // namespace superd::core
