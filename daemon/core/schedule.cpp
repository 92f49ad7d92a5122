// Oneshots with a [timer]: when a run is due, and what becomes of it.
#include "core/schedule.hpp"

#include "core/stepper.hpp"

#include <algorithm>
#include <cstdio>

namespace superd::core {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

WallSecond floor_second(std::int64_t ns) {
    return (ns - ((ns % second_ns + second_ns) % second_ns)) / second_ns;
}

bool running(const Instance& instance) {
    return instance.state == State::starting || instance.state == State::ready ||
           instance.state == State::stopping;
}

std::string format(const char* pattern, long long a, long long b = 0) {
    char text[48];
    std::snprintf(text, sizeof text, pattern, a, b);
    return text;
}

}  // namespace

std::string describe(Duration duration) {
    constexpr long long minute = 60, hour = 60 * minute, day = 24 * hour;
    const auto ms = std::max<long long>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
    const long long s = (ms + 500) / 1000;
    if (ms < 9'950) return format("%lld.%lld s", (ms + 50) / 1000, (ms + 50) / 100 % 10);
    if (s < 2 * minute) return format("%lld s", s);
    if (s < 2 * hour) return format("%lld min", s / minute);
    if (s < 2 * day) return format("%lld h %lld min", s / hour, s % hour / minute);
    return format("%lld d %lld h", s / day, s % day / hour);
}

std::string schedule_note(const Instance& instance, Instant now) {
    if (!instance.schedule) return {};
    const Schedule& schedule = *instance.schedule;
    if (schedule.queued) return "another run is due and follows";
    if (schedule.off) return "its timer is suspended";
    if (schedule.next == Instant{}) return {};
    return "next run in " + describe(schedule.next - now);
}

bool System::on_schedule(const Unit& unit, const Instance& instance) const {
    return unit.spec->timer != nullptr && !unit.removed && !instance.removed &&
           instance.goal == Goal::up && !(instance.schedule && instance.schedule->off);
}

std::optional<std::int64_t> System::wall_at(Instant now) const {
    if (timing_.wall_ns == 0) return std::nullopt;
    return timing_.wall_ns + (now - timing_.told_at).count();
}

void Stepper::told(Unit& unit, Instance& instance, std::string text) {
    out_.emplace_back(TimerTold{id_of(unit, instance), instance.run, std::move(text)});
}

Duration Stepper::chance_delay(const TimerRule& rule) {
    if (rule.jitter.count() <= 0) return Duration{0};
    std::uniform_int_distribution<Duration::rep> spread{0, rule.jitter.count()};
    return Duration{spread(system_.random_)};
}

// When the next run is due, from what is settled. Repeating it changes nothing.
void Stepper::plan(Unit& unit, Instance& instance) {
    reschedule_ = true;
    if (!system_.on_schedule(unit, instance)) return unplan(instance);
    if (!instance.schedule) instance.schedule = std::make_unique<Schedule>();
    const TimerRule& rule = *unit.spec->timer;
    if (rule.every.count() > 0) {
        plan_interval(unit, instance, rule, *instance.schedule);
    } else {
        plan_moment(unit, instance, rule, *instance.schedule);
    }
    changed(unit, instance);
}

// What is planned is forgotten, and what was missed until it is planned again.
void Stepper::unplan(Instance& instance) {
    if (!instance.schedule) return;
    Schedule& schedule = *instance.schedule;
    reschedule_ = true;
    const Schedule before = schedule;
    schedule = {};
    schedule.last = before.last;
    schedule.off = before.off;
}

void Stepper::plan_interval(Unit& unit, Instance& instance, const TimerRule& rule,
                            Schedule& schedule) {
    const auto wall = system_.wall_at(now_);
    if (!schedule.base) {
        schedule.delay = chance_delay(rule);
        schedule.base = now_;
        // The run before was not in this boot, or not of this superd.
        const std::int64_t ago = wall && schedule.seen != 0 ? *wall - schedule.seen : 0;
        if (rule.catch_up && ago > 0) *schedule.base -= Duration{ago};
    }
    if (schedule.seen == 0 && wall) schedule.seen = *wall;
    const Instant due = *schedule.base + rule.every;
    schedule.next = due + schedule.delay;
    if (schedule.next > now_) return;
    if (rule.catch_up || now_ - schedule.next <= TimerRule::grace) {
        if (now_ - schedule.next > TimerRule::grace)
            told(unit, instance, "a missed run is made up");
        schedule.next = now_;
        return;
    }
    told(unit, instance, "a missed run is passed over; catch-up is false");
    schedule.base = due + (now_ - due) / rule.every * rule.every;
    schedule.next = *schedule.base + rule.every + schedule.delay;
}

void Stepper::plan_moment(Unit& unit, Instance& instance, const TimerRule& rule,
                          Schedule& schedule) {
    static const Zone utc;
    schedule.next = Instant{};
    const auto wall = system_.wall_at(now_);
    if (!wall || (!rule.utc && !system_.timing_.local)) return;
    const Zone& zone = rule.utc ? utc : *system_.timing_.local;
    if (schedule.seen == 0 || schedule.seen - *wall > TimerRule::set_back_max.count()) {
        schedule.seen = *wall;
    }
    auto moment = next_moment(rule.at, zone, floor_second(schedule.seen));
    if (!moment) return;
    const auto delay_of = [&](WallSecond m) {
        return m == schedule.occurrence ? schedule.delay : Duration{0};
    };
    const Duration late{*wall - *moment * second_ns - delay_of(*moment).count()};
    if (late.count() >= 0) {
        if (rule.catch_up || late <= TimerRule::grace) {
            if (late > TimerRule::grace) told(unit, instance, "a missed run is made up");
            schedule.occurrence =
                last_moment(rule.at, zone, *moment - 1, floor_second(*wall)).value_or(*moment);
            schedule.delay = Duration{0};
            schedule.next = now_;
            return;
        }
        told(unit, instance, "a missed run is passed over; catch-up is false");
        schedule.seen = *wall;
        moment = next_moment(rule.at, zone, floor_second(*wall));
        if (!moment) return;
    }
    if (*moment != schedule.occurrence) schedule.delay = chance_delay(rule);
    schedule.occurrence = *moment;
    schedule.next = now_ + Duration{*moment * second_ns - *wall} + schedule.delay;
}

// It is wanted, and its timer says when it runs: it is not started for that.
void Stepper::want_going(Unit& unit, Instance& instance) {
    if (unit.spec->timer == nullptr) return want_along(unit, instance);
    const bool was_down = instance.goal == Goal::down;
    instance.goal = Goal::up;
    if (instance.schedule) instance.schedule->off = false;
    if (was_down && unit.spec->timer->on_start) return want_up(unit, instance);
    if (instance.state == State::inactive) {
        enter(unit, instance, State::inactive, Reason::scheduled);
    }
    if (instance.state == State::stopping && was_down) instance.restart_requested = false;
    resume_schedule(unit, instance);
    touch(unit);
}

void Stepper::resume_schedule(Unit& unit, Instance& instance) {
    if (unit.spec->timer == nullptr) return;
    if (instance.schedule) instance.schedule->off = false;
    if (!instance.schedule || instance.schedule->next == Instant{}) plan(unit, instance);
}

// The timer's rule is another one, or it has come or gone: it begins anew.
void Stepper::rule_changed(Unit& unit) {
    if (unit.spec->timer != nullptr) {
        system_.timing_.units.insert(unit.id);
    } else {
        system_.timing_.units.erase(unit.id);
    }
    for (Instance& instance : unit.instances) {
        unplan(instance);
        if (unit.spec->timer != nullptr) {
            plan(unit, instance);
        } else {
            instance.schedule.reset();
            // It has waited for nothing else, so it starts as one without a timer does.
            const bool waited = instance.reason == Reason::scheduled;
            if (waited && instance.goal == Goal::up) want_up(unit, instance);
        }
    }
}

// That of the supervisor before us, whose rule may have been another one.
void Stepper::take_up_schedule(Unit& unit, Instance& instance) {
    const bool may_wait = unit.spec->timer->overlap == Overlap::queue;
    if (instance.schedule && !may_wait) instance.schedule->queued = false;
    plan(unit, instance);
}

void Stepper::fall_due(Unit& unit, Instance& instance) {
    Schedule& schedule = *instance.schedule;
    const TimerRule& rule = *unit.spec->timer;
    const auto wall = system_.wall_at(now_);
    if (wall) schedule.seen = std::max(*wall, schedule.occurrence * second_ns);
    if (rule.every.count() > 0) {
        const Instant due = *schedule.base + rule.every;
        // Several that were missed are one.
        schedule.base = due + std::max(Duration{0}, now_ - due) / rule.every * rule.every;
        schedule.delay = chance_delay(rule);
    }
    plan(unit, instance);
    const auto end = must_end(unit, instance);
    if (end && *end != Reason::dependency) return;
    if (running(instance)) return overrun(unit, instance);
    schedule.last = wall.value_or(0);
    if (instance.state == State::waiting) return;  // What it waits for is one run, not two.
    start_anew(unit, instance);
}

void Stepper::start_anew(Unit& unit, Instance& instance) {
    disarm(unit, instance);
    forget_failures(instance);
    enter(unit, instance, State::waiting, Reason::dependency);
}

void Stepper::overrun(Unit& unit, Instance& instance) {
    const std::string since = describe(now_ - instance.started);
    switch (unit.spec->timer->overlap) {
        case Overlap::skip:
            return told(unit, instance,
                        "a run is skipped: the one before has gone on for " + since);
        case Overlap::queue:
            if (instance.schedule->queued) {
                return told(unit, instance, "a run is skipped: another one waits already");
            }
            instance.schedule->queued = true;
            return told(unit, instance, "a run waits: the one before has gone on for " + since);
        case Overlap::kill:
            told(unit, instance, "a run is stopped for the next one, after " + since);
            instance.schedule->last = system_.wall_at(now_).value_or(0);
            instance.restart_requested = true;
            forget_failures(instance);
            if (instance.state == State::stopping) return;
            return begin_stop(unit, instance, Reason::overrun);
    }
}

// A run that had to wait for the one before.
void Stepper::start_queued(Unit& unit, Instance& instance) {
    if (!instance.schedule || !instance.schedule->queued) return;
    instance.schedule->queued = false;
    const auto end = must_end(unit, instance);
    if (end && *end != Reason::dependency) return;
    instance.schedule->last = system_.wall_at(now_).value_or(0);
    start_anew(unit, instance);
}

template <class Visit>
void Stepper::each_timed(Visit&& visit) {
    for (const UnitId id : system_.timing_.units) {
        Unit* const found = unit(id);
        if (found == nullptr) continue;
        for (Instance& instance : found->instances) visit(*found, instance);
    }
}

void Stepper::heed(const ClockTold& event) {
    system_.timing_.told_at = event.at;
    system_.timing_.wall_ns = event.wall_ns;
    system_.timing_.local = event.local;
    each_timed([&](Unit& unit, Instance& instance) {
        if (unit.spec->timer->every.count() == 0) plan(unit, instance);
    });
}

void Stepper::heed(const ScheduleDue&) {
    system_.timing_.armed = Instant{};
    reschedule_ = true;
    if (system_.shutting_down_) return;
    each_timed([&](Unit& unit, Instance& instance) {
        if (!instance.schedule || instance.schedule->next == Instant{}) return;
        if (instance.schedule->next <= now_) fall_due(unit, instance);
    });
}

void Stepper::heed(const RanBefore& event) {
    Unit* const found = unit(event.instance.unit);
    if (found == nullptr || event.instance.index >= found->instances.size()) return;
    Instance& instance = found->instances[event.instance.index];
    if (found->spec->timer == nullptr || !found->spec->timer->catch_up) return;
    unplan(instance);
    if (!instance.schedule) instance.schedule = std::make_unique<Schedule>();
    instance.schedule->seen = event.seen_ns;
    instance.schedule->last = event.last_ns;
    plan(*found, instance);
}

void Stepper::heed(const ScheduleRequested& event) {
    Unit* const found = unit(event.unit);
    if (found == nullptr || found->removed) return;
    const auto ask = [&](Unit& unit, Instance& instance) {
        if (unit.spec->timer == nullptr) return;
        if (event.on) return want_going(unit, instance);
        if (!instance.schedule) instance.schedule = std::make_unique<Schedule>();
        instance.schedule->off = true;
        unplan(instance);
        changed(unit, instance);
    };
    for (Instance& instance : found->instances) ask(*found, instance);
    for (const UnitId leaf : system_.leaves(found->id)) {
        Unit* const member = unit(leaf);
        if (member == nullptr || member == found) continue;
        for (Instance& instance : member->instances) ask(*member, instance);
    }
}

// Wakes us for the first run of all.
void Stepper::arm_schedule() {
    if (!reschedule_) return;
    Instant first{};
    if (!system_.shutting_down_) {
        each_timed([&](Unit&, Instance& instance) {
            if (!instance.schedule || instance.schedule->next == Instant{}) return;
            const Instant next = instance.schedule->next;
            if (first == Instant{} || next < first) first = next;
        });
    }
    if (first == system_.timing_.armed) return;
    system_.timing_.armed = first;
    out_.emplace_back(ArmSchedule{first});
}

}  // namespace superd::core
