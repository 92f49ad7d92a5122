// Reasons as sentences for people.
#include "core/stepper.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace superd::core {

namespace {

std::string seconds(Duration duration) {
    const double value = std::max(0.0, std::chrono::duration<double>(duration).count());
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.1f s" : "%.0f s", value);
    return text;
}

// Why `unit` is not yet what its dependent waits for.
std::string obstacle(const Unit& unit, When when) {
    for (const Instance& i : unit.instances) {
        if (i.removed || i.goal == Goal::down) continue;
        if (i.state == State::completed || (i.state == State::ready && when != When::completed)) {
            continue;
        }
        if (i.reason == Reason::demand) continue;
        if (i.state == State::starting) return "not ready yet";
        if (i.state == State::ready) return "not completed yet";
        if (i.reason == Reason::scheduled) return "has not run yet";
        if (i.state == State::inactive) return "ended";
        return std::string{to_string(i.state)};
    }
    const auto wanted = [](const Instance& i) { return i.goal == Goal::up && !i.removed; };
    return std::ranges::any_of(unit.instances, wanted) ? "about to be stopped" : "stopped";
}

}  // namespace

std::string why_it_failed(Reason reason, const Instance& i) {
    switch (reason) {
        case Reason::pre_start_failed:
        case Reason::post_start_failed:
            return i.spawn_error ? *i.spawn_error : std::string{to_string(reason)};
        case Reason::spawn_failed: return i.spawn_error ? *i.spawn_error : "cannot be started";
        case Reason::ready_timeout: return "not ready in time";
        case Reason::overstayed: return "it said that it stops, and did not";
        case Reason::ready_failed: return "its readiness check failed";
        case Reason::check_failed:
        case Reason::check_stopped:
        case Reason::watchdog:
        case Reason::stalled:
            return i.health && !i.health->cause.empty() ? i.health->cause
                                                        : std::string{to_string(reason)};
        case Reason::exited:
        case Reason::no_restart: return i.last_exit ? describe(i.last_exit->status) : "failure";
        case Reason::group:
            return i.last_exit ? describe(i.last_exit->status) + ", once too often for its group"
                               : "its group has failed";
        case Reason::group_limit: return "its members failed too often";
        case Reason::members: return "a member has failed";
        case Reason::significant: return "a significant member is done";
        case Reason::group_restart:
        case Reason::scheduled:
        case Reason::overrun:
        case Reason::none:
        case Reason::not_started:
        case Reason::stopped:
        case Reason::dependency:
        case Reason::spawning:
        case Reason::awaiting_ready:
        case Reason::running:
        case Reason::reported_ready:
        case Reason::pre_start:
        case Reason::post_start:
        case Reason::restart_requested:
        case Reason::removed:
        case Reason::shutdown:
        case Reason::leftovers:
        case Reason::renewal:
        case Reason::replaced:
        case Reason::superfluous:

        case Reason::demand:
        case Reason::idle: break;
    }
    return std::string{to_string(reason)};
}

std::string why_it_failed(const Instance& i) { return why_it_failed(i.reason, i); }

namespace {

// "pre-stop hook runs, 3.0 s of 30 s"
std::string hook_at_work(const Unit& unit, const Instance& i, Instant now) {
    std::string text = std::string{to_string(i.hook)} + " hook runs";
    if (!has_hook(*unit.spec, i.hook)) return text;
    const Duration all = unit.spec->hooks->timeout(i.hook);
    return text + ", " + seconds(all - std::min(i.due - now, all)) + " of " + seconds(all);
}

// What an instance is to be given a new run for.
std::string purpose(const Renewal& renewal) {
    switch (renewal.kind) {
        case RenewalKind::restart: return "a rolling restart";
        case RenewalKind::apply: return "a rolling restart, for its new configuration";
        case RenewalKind::age:
        case RenewalKind::memory:
        case RenewalKind::wish: return "recycling, " + renewal.why;
        case RenewalKind::stalled: return "it has stalled: " + renewal.why;
    }
    std::unreachable();
}

std::string stopping(const Unit& unit, const Instance& i, const Instance* first, Instant now) {
    std::string why;
    if (i.reason == Reason::leftovers)
        why = "its main process is gone, others of its tree are ending";
    else if (i.reason == Reason::stopped)
        why = "as asked";
    else if (i.reason == Reason::restart_requested)
        why = "to be started again";
    else if (i.reason == Reason::renewal)
        why = "to be started again" + (i.renewal ? ": " + purpose(*i.renewal) : std::string{});
    else if (i.reason == Reason::replaced)
        why = "replaced by run " + std::to_string(first != nullptr ? first->run : 0);
    else if (i.reason == Reason::superfluous)
        why = "not to take the place of another run any more";
    else if (i.reason == Reason::removed)
        why = "it left the configuration";
    else if (i.reason == Reason::shutdown)
        why = "superd stops";
    else if (i.reason == Reason::dependency)
        why = "what it needs is gone";
    else if (i.reason == Reason::overrun)
        why = "its next run is due";
    else if (i.reason == Reason::group)
        why = "its group has ended";
    else if (i.reason == Reason::idle)
        why = "nobody has used it for a while";
    else if (i.reason == Reason::group_restart)
        why = "to be started again with its group";
    else
        why = why_it_failed(i);
    if (i.draining) return why + ", once it has taken what waits for it";
    if (i.hook != Hook::none) {
        why += ": " + hook_at_work(unit, i, now);
    } else if (i.due != Instant{}) {
        why += ", " + signal_name(stop_step(*unit.spec, i).signal) + " sent";
    }
    return why;
}

}  // namespace

std::string degraded(const UnitSpec& unit, const Instance& i) {
    if (!i.health) return {};
    std::string text;
    const auto count = std::min(i.health->checks.size(), unit.checks.size());
    for (std::size_t at = 0; at < count; ++at) {
        const CheckSpec& spec = unit.checks[at];
        const CheckState& state = i.health->checks[at];
        if (!state.failing || spec.on_failure != OnFailure::degrade) continue;
        text += (text.empty() ? "degraded: " : "; ") + describe(spec, state);
    }
    return text;
}

// "web: not ready yet": the first member that keeps the group from being up.
std::string System::laggard(const Unit& group) const {
    for (const UnitId leaf : leaves(group.id)) {
        const Unit& member = *find(leaf);
        for (const Instance& i : member.instances) {
            if (i.removed || i.goal == Goal::down) continue;
            if (i.state == State::ready || i.state == State::completed || idle(i)) continue;
            return member.spec->name + ": " + obstacle(member, When::ready);
        }
    }
    return "its members";
}

// What is to become of a run that is well: "; to be replaced: a rolling restart".
std::string System::outlook(InstanceId id, Instant now) const {
    const Instance& i = *find(id);
    if (const Instance* const second = find(beside(id))) {
        const std::string run = "; run " + std::to_string(second->run);
        if (second->run < i.run) return run + ", which it replaced, is stopping";
        const std::string why = is_stalled(i.renewal.get()) ? "; " + purpose(*i.renewal) : "";
        return why + run + " is to take its place: " + describe(beside(id), now);
    }
    return i.renewal ? "; to be replaced: " + purpose(*i.renewal) : "";
}

std::string System::describe(InstanceId id, Instant now) const {
    const Instance* const i = find(id);
    if (i != nullptr && i->freeze == Freeze::asked) return "about to stand still";
    if (i != nullptr && held(*i)) return "frozen for " + seconds(now - i->frozen_since);
    std::string text = describe_state(id, now);
    const bool over = i != nullptr && (i->state == State::inactive || i->state == State::failed ||
                                       i->state == State::completed);
    const bool waits = i != nullptr && i->schedule && i->schedule->queued;
    if (!over && !waits) return text;
    const std::string note = schedule_note(*i, now);
    return note.empty() ? text : text + ", " + note;
}

std::string System::describe_state(InstanceId id, Instant now) const {
    const Unit* const unit = find(id.unit);
    const Instance* const i = find(id);
    if (unit == nullptr || i == nullptr) return "not known";
    switch (i->state) {
        case State::inactive:
            if (i->reason == Reason::exited && i->last_exit) {
                return "ended with " + core::describe(i->last_exit->status) +
                       ", its policy does not restart it";
            }
            if (i->reason == Reason::group) return "its group has ended";
            if (i->reason == Reason::scheduled) return "not run yet";
            return i->reason == Reason::not_started ? "never started" : "stopped";
        case State::waiting: {
            if (i->reason == Reason::demand) return "asleep until a connection comes";
            const auto edge = blocker(*unit);
            const Unit* const group = edge ? nullptr : held_by_group(*unit, *i);
            if (group != nullptr) {
                return "on its group " + group->spec->name + ": others of it are on their way down";
            }
            if (!edge) return "about to start";
            const Unit& other = *find(edge->unit);
            return "on " + other.spec->name + ": " + obstacle(other, edge->when);
        }
        case State::starting:
            if (i->reason == Reason::members) return "on " + laggard(*unit);
            if (i->hook != Hook::none) return hook_at_work(*unit, *i, now);
            if (i->reason == Reason::awaiting_ready) {
                return "not ready yet, " + seconds(i->due - now) + " left";
            }
            return i->reason == Reason::running ? "running to its end" : "being spawned";
        case State::ready:
            if (shutting_down_ || i->goal == Goal::down)
                return "to be stopped after its dependents";
            if (i->announced == Announced::stopping) return "ending by its own wish";
            if (i->announced == Announced::reloading) {
                return "reloading, up for " + seconds(now - i->started);
            }
            if (const auto sick = degraded(*unit->spec, *i); !sick.empty()) return sick;
            if (unit->spec->type == UnitType::group) return "all members are up";
            return "up for " + seconds(now - i->started) + outlook(id, now);
        case State::stopping: return stopping(*unit, *i, find(in_place(id)), now);
        case State::backoff: {
            std::string text = "retry " + std::to_string(i->restarts) + " in " +
                               seconds(i->due - now) + " after " + why_it_failed(*i);
            if (i->limited) text += "; restart.limit is reached";
            return text;
        }
        case State::failed: {
            if (i->reason == Reason::members) return laggard(*unit);
            std::string text = why_it_failed(*i);
            if (i->limited) text += ", and restart.limit is exceeded";
            if (i->reason == Reason::no_restart) text += ", and its policy does not restart it";
            return text;
        }
        case State::completed:
            if (i->reason == Reason::significant) return "a significant member is done";
            return i->last_exit ? "done after " + seconds(i->last_exit->uptime) : "done";
    }
    return {};
}

}  // namespace superd::core
