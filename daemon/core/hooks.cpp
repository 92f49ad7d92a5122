// Hooks as phases of a run's life. While one is waited for, `Instance::hook`
// names it and the instance's timer is its deadline; whatever it comes to, the
// life goes on. on-crash alone is waited for by nobody.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

namespace {

std::string sentence(Hook hook, const std::string& text) {
    return std::string{to_string(hook)} + " hook " + text;
}

std::string milliseconds(Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

std::string_view to_string(Hook hook) {
    switch (hook) {
        case Hook::none: return "none";
        case Hook::pre_start: return "pre-start";
        case Hook::post_start: return "post-start";
        case Hook::pre_stop: return "pre-stop";
        case Hook::post_stop: return "post-stop";
        case Hook::on_crash: return "on-crash";
    }
    std::unreachable();
}

bool has_hook(const UnitSpec& spec, Hook hook) {
    return spec.hooks && spec.hooks->timeout(hook).count() > 0;
}

void Stepper::begin_hook(Unit& unit, Instance& instance, Hook hook) {
    // One that a reload took away is over as soon as the shell finds that out.
    constexpr Duration patience = std::chrono::seconds{30};
    instance.hook = hook;
    const bool known = has_hook(*unit.spec, hook);
    arm(unit, instance, now_ + (known ? unit.spec->hooks->timeout(hook) : patience));
    changed(unit, instance);
    out_.emplace_back(RunHook{id_of(unit, instance), instance.run, hook});
}

// What it was run for is not wanted, or not there, any more.
void Stepper::drop_hook(Unit& unit, Instance& instance) {
    if (instance.hook == Hook::none) return;
    const InstanceId id = id_of(unit, instance);
    out_.emplace_back(CancelHook{id, instance.run, instance.hook});
    out_.emplace_back(HookTold{id, instance.run, instance.hook, false,
                               instance.leader_gone ? "was ended, as the main process had"
                                                    : "was ended, as its unit is to stop"});
    instance.hook = Hook::none;
}

void Stepper::hook_timed_out(Unit& unit, Instance& instance) {
    out_.emplace_back(CancelHook{id_of(unit, instance), instance.run, instance.hook});
    std::string text = "did not end in time";
    if (has_hook(*unit.spec, instance.hook)) {
        text = "did not end within " + milliseconds(unit.spec->hooks->timeout(instance.hook));
    }
    hook_over(unit, instance, false, std::move(text));
}

void Stepper::heed(const HookEnded& event) {
    Unit* const owner = unit(event.instance.unit);
    if (event.hook == Hook::on_crash) {
        Instance* const told = place(in_place(event.instance));
        if (told != nullptr) crash_told(*owner, *told, event);
        return;
    }
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr || i->hook != event.hook || i->hook == Hook::none) return;
    hook_over(*owner, *i, event.ok, event.text);
}

void Stepper::hook_over(Unit& unit, Instance& instance, bool ok, std::string text) {
    const InstanceId id = id_of(unit, instance);
    const Hook hook = std::exchange(instance.hook, Hook::none);
    disarm(unit, instance);
    out_.emplace_back(HookTold{id, instance.run, hook, ok, text});
    const bool fails_the_start = hook == Hook::pre_start || hook == Hook::post_start;
    if (fails_the_start && !ok) {
        instance.spawn_error = std::make_unique<std::string>(sentence(hook, text));
        instance.run_failed = true;
    }
    switch (hook) {
        case Hook::pre_start: {
            // A stop that waits for those who need it is no reason to begin meanwhile.
            const auto end = must_end(unit, instance);
            if (ok && !end) return launch(unit, instance);
            // What it may have left behind is ended like any run's tree.
            instance.leader_gone = true;
            enter(unit, instance, State::stopping, ok ? *end : Reason::pre_start_failed);
            out_.emplace_back(Sweep{id, instance.run});
            return;
        }
        case Hook::post_start:
            if (!ok) return begin_stop(unit, instance, Reason::post_start_failed);
            return became_ready(unit, instance,
                                unit.spec->awaits_ready ? Reason::reported_ready : Reason::running);
        case Hook::pre_stop:
            changed(unit, instance);
            if (!instance.leader_gone) return send_stop_signal(unit, instance);
            out_.emplace_back(Sweep{id, instance.run});
            return;
        case Hook::post_stop: return down(unit, instance);
        case Hook::on_crash:
        case Hook::none: return;
    }
}

void Stepper::came_up(Unit& unit, Instance& instance, Reason reason) {
    if (!has_hook(*unit.spec, Hook::post_start)) return became_ready(unit, instance, reason);
    if (instance.reason == Reason::awaiting_ready) {
        out_.emplace_back(ForgetReady{id_of(unit, instance), instance.run});
    }
    disarm(unit, instance);
    enter(unit, instance, State::starting, Reason::post_start);
    begin_hook(unit, instance, Hook::post_start);
}

void Stepper::tree_gone(Unit& unit, Instance& instance) {
    if (!has_hook(*unit.spec, Hook::post_stop)) return down(unit, instance);
    disarm(unit, instance);
    instance.leader_gone = true;
    begin_hook(unit, instance, Hook::post_stop);
}

// It could not be spawned: what its pre-start hook has done, its post-stop hook undoes.
void Stepper::undo_start(Unit& unit, Instance& instance, bool transient) {
    if (instance.state != State::stopping) {
        const auto end = must_end(unit, instance);
        instance.run_failed = !end;
        instance.transient = !end && transient;
        enter(unit, instance, State::stopping, end.value_or(Reason::spawn_failed));
    }
    tree_gone(unit, instance);
}

// True: it takes up the phase that the supervisor before was in.
bool Stepper::resume_hook(Unit& unit, Instance& instance) {
    const Hook hook = instance.hook;
    const bool starting = hook == Hook::post_start && instance.state == State::starting;
    const bool stopping =
        (hook == Hook::pre_stop || hook == Hook::post_stop) && instance.state == State::stopping;
    if (starting || stopping) {
        begin_hook(unit, instance, hook);
        return true;
    }
    if (hook != Hook::none) instance.due = Instant{};
    instance.hook = Hook::none;  // pre_start: the run begins anew, with its hook.
    return false;
}

// A run has ended by itself: that is told if it has failed, be it of the instance's two the one
// that was to replace the other. Nobody asks any more why something ended that is to be down.
void Stepper::ended_badly(Unit& unit, const Instance& instance) {
    const Instance* const first = place(in_place(id_of(unit, instance)));
    if (first == nullptr) return;
    const auto end = must_end(unit, *first);
    if (end && *end != Reason::dependency) return;
    if (const auto failure = crash_of(unit, instance)) crashed(unit, instance, *failure);
}

// Every failure is one; so that a unit that fails all the time does not start a
// program each time, only so many are told.
void Stepper::crashed(Unit& unit, const Instance& instance, Reason reason) {
    const InstanceId id = in_place(id_of(unit, instance));
    if (!has_hook(*unit.spec, Hook::on_crash)) return;
    const HookRule& rule = *unit.spec->hooks;
    if (!unit.crashes) unit.crashes = std::make_unique<CrashRate>();
    CrashRate& rate = *unit.crashes;
    std::erase_if(rate.at, [&](Instant past) { return past + rule.crash_window <= now_; });
    if (rate.at.size() >= rule.crash_limit) {
        if (++rate.suppressed > 1) return;
        out_.emplace_back(HookTold{
            id, instance.run, Hook::on_crash, false,
            "is not run for this failure and those that follow: it ran as often as "
            "on-crash-limit allows, " +
                std::to_string(rule.crash_limit) + " times in " + milliseconds(rule.crash_window)});
        return;
    }
    rate.at.push_back(now_);
    // The record of the instance in place remembers it: a second run has none for long.
    Instance& first = *place(id);
    first.crash =
        std::make_unique<Crash>(Crash{instance.run, reason, std::exchange(rate.suppressed, 0)});
    if (&first != &instance) changed(unit, first);
    tell_crash(id, *first.crash, instance);
}

void Stepper::tell_crash(InstanceId id, const Crash& crash, const Instance& instance) {
    out_.emplace_back(Crashed{id, crash.run, crash.reason, why_it_failed(crash.reason, instance),
                              crash.suppressed});
}

void Stepper::crash_told(Unit& unit, Instance& instance, const HookEnded& event) {
    out_.emplace_back(HookTold{event.instance, event.run, event.hook, event.ok, event.text});
    if (!instance.crash || instance.crash->run != event.run) return;
    instance.crash.reset();
    changed(unit, instance);
}

}  // namespace superd::core
