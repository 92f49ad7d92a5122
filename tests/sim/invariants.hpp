// What must hold of every instance, whatever has happened.
#pragma once

#include "core/system.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace superd::core {

// What the simulated kernel and shell have of an instance's current run.
struct Present {
    bool process = false, timer = false, checks = false;
};

inline void check_health(const Unit& unit, const Instance& i, const Present& present) {
    const bool ready = i.state == State::ready;
    const bool ending = i.announced == Announced::stopping;
    ASSERT_EQ(ready && !ending && !unit.spec->checks.empty(), present.checks) << unit.spec->name;
    if (ready && ending) {
        ASSERT_TRUE(present.timer) << "nothing will end " << unit.spec->name;
    }
    if (ready && !ending && unit.spec->watchdog.every.count() > 0) {
        ASSERT_TRUE(present.timer) << "nothing watches over " << unit.spec->name;
        ASSERT_GT(i.health->watchdog_due, Instant{});
    }
    if (i.reason == Reason::check_failed || i.reason == Reason::watchdog) {
        ASSERT_TRUE(i.state == State::stopping || i.state == State::backoff ||
                    i.state == State::failed);
    }
    if (i.reason == Reason::check_stopped) {
        ASSERT_TRUE(i.state == State::stopping || i.state == State::failed)
            << "its check gave it up for good";
    }
}

inline void check_instance(const Unit& unit, const Instance& i, const Present& present) {
    ASSERT_EQ(alive(i), present.process) << unit.spec->name << " " << to_string(i.state);
    if (i.goal == Goal::down) {
        ASSERT_NE(i.state, State::backoff);
        ASSERT_NE(i.state, State::waiting);
        ASSERT_NE(i.state, State::failed);
    }
    const bool needs_timer = i.state == State::backoff ||
                             (i.state == State::stopping && !i.leader_gone) ||
                             (i.state == State::starting && unit.spec->awaits_ready && !i.removed);
    if (needs_timer) {
        ASSERT_TRUE(present.timer)
            << "nothing will end " << to_string(i.state) << " of " << unit.spec->name;
    }
    if (unit.spec->restart.limit != 0) {
        ASSERT_LE(i.restarts_at.size(), RestartRule::limit_max);
    }
    check_health(unit, i, present);
}

// Whoever runs at set times is waited for, whatever has happened, and no longer than its rule says.
inline void check_schedule(const System& system, const Unit& unit, const Instance& i, Instant now,
                           Instant armed) {
    if (!system.on_schedule(unit, i)) {
        if (i.goal == Goal::down && i.schedule) {
            ASSERT_EQ(i.schedule->next, Instant{});
        }
        return;
    }
    if (system.shutting_down()) return;
    const TimerRule& rule = *unit.spec->timer;
    ASSERT_NE(i.schedule, nullptr) << unit.spec->name;
    ASSERT_NE(i.schedule->next, Instant{}) << unit.spec->name << " is never due";
    ASSERT_NE(armed, Instant{});
    ASSERT_LE(armed, i.schedule->next);
    if (rule.every.count() > 0) {
        ASSERT_LE(i.schedule->next, now + rule.every + rule.jitter) << unit.spec->name;
    }
    if (rule.overlap != Overlap::queue) {
        ASSERT_FALSE(i.schedule->queued);
    }
}

// Nothing more is to happen to it once faults have stopped.
inline bool a_member_waits(const System& system, const Unit& group) {
    if (group.spec->type != UnitType::group) return false;
    return std::ranges::any_of(system.leaves(group.id), [&](UnitId leaf) {
        return system.blocker(*system.find(leaf)).has_value();
    });
}

inline void check_group(const System& system, const Unit& group) {
    const Instance& self = group.instances.front();
    ASSERT_EQ(self.run, 0u) << "a group has no process";
    bool any_alive = false;
    for (const UnitId leaf : system.leaves(group.id)) {
        any_alive = any_alive || std::ranges::any_of(system.find(leaf)->instances, alive);
    }
    if (self.goal == Goal::down || group.removed) return;
    const bool over = self.reason == Reason::group_limit || self.reason == Reason::significant;
    if (!over || self.state == State::stopping) return;
    ASSERT_FALSE(any_alive) << group.spec->name << " has ended, and a member lives";
}

inline bool settled(const System& system, const Unit& unit, const Instance& i) {
    if (i.goal == Goal::down) return !alive(i);
    return i.state == State::ready || i.state == State::completed || i.state == State::failed ||
           i.state == State::inactive || system.blocker(unit).has_value() ||
           a_member_waits(system, unit);
}

}  // namespace superd::core
