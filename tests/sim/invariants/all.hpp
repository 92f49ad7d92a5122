// Every invariant of supervision, by its number there, and eight more.
#pragma once

#include "tests/sim/scene.hpp"

namespace superd::sim {

void add_one_process(Scene& scene);         // 1
void add_isolation(Scene& scene);           // 2
void add_exits_once(Scene& scene);          // 3
void add_operator_wins(Scene& scene);       // 4
void add_dependents_heal(Scene& scene);     // 5
void add_smooth_recovery(Scene& scene);     // 6
void add_reverse_stops(Scene& scene);       // 7
void add_back_off(Scene& scene);            // 8
void add_policy_decides(Scene& scene);      // 9
void add_nothing_waits(Scene& scene);       // 10
void add_no_circle(Scene& scene);           // 11
void add_exact_reload(Scene& scene);        // 12; 13, that clocks may jump, is in clock_test.cpp
void add_take_over_harmless(Scene& scene);  // 14
void add_liveness(Scene& scene);
void add_rate(Scene& scene);
void add_conservation(Scene& scene);
void add_timed_runs(Scene& scene);
void add_watched(Scene& scene);
void add_essential(Scene& scene);
void add_frozen(Scene& scene);
void add_heard(Scene& scene);

inline void add_invariants(Scene& scene) {
    add_one_process(scene);
    add_isolation(scene);
    add_exits_once(scene);
    add_operator_wins(scene);
    add_dependents_heal(scene);
    add_smooth_recovery(scene);
    add_reverse_stops(scene);
    add_back_off(scene);
    add_policy_decides(scene);
    add_nothing_waits(scene);
    add_no_circle(scene);
    add_exact_reload(scene);
    add_take_over_harmless(scene);
    add_liveness(scene);
    add_rate(scene);
    add_conservation(scene);
    add_timed_runs(scene);
    add_watched(scene);
    add_essential(scene);
    add_frozen(scene);
    add_heard(scene);
}

}  // namespace superd::sim
