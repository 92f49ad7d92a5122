// Runs cases in a process of their own, so that an assertion of the core, or a
// loop without end, is an outcome like any other.
#pragma once

#include "tests/sim/case.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>

namespace superd::sim {

// What a process that runs cases has come to; shared with the one that waits for it.
struct Progress {
    std::uint64_t seed = 0, events = 0, seeds = 0;
    std::uint32_t step = 0;
    bool failed = false;
    char broken[64] = {};
    char text[1024] = {};
};

// The case, and where it is the turn of that, with clocks that began at another time.
Outcome run_case(const Case& it, bool traced, std::uint32_t* step);

// As run_case; what ends the process is told in `broken`. Silent but for a trace.
Outcome run_guarded(const Case& it, bool traced = false);

// A process of its own that does `work`; how far it came is in `progress`, which
// lives until this process ends.
pid_t begin_guarded(Progress*& progress, bool silent, const std::function<void(Progress&)>& work);
// Waits for it. What it did not tell itself is taken from its end.
Outcome end_guarded(pid_t pid, Progress& progress);

}  // namespace superd::sim
