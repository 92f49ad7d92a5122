// Time as the core knows it: handed in, never read.
#pragma once

#include <chrono>

namespace superd::core {

// Names the kernel's CLOCK_MONOTONIC without being able to read it: the core
// has no now(). The shell reads that clock and the simulator invents it, so a
// jump of the wall clock cannot change a decision.
struct MonotonicClock {
    using rep = std::chrono::nanoseconds::rep;
    using period = std::chrono::nanoseconds::period;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};

using Instant = MonotonicClock::time_point;
using Duration = std::chrono::nanoseconds;

}  // namespace superd::core
