// The three clocks, in nanoseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace superd::os {

// Nanoseconds of any of the kernel's clocks.
inline std::int64_t clock_now(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Since some point in the past, standing still while the machine sleeps: for deadlines.
inline std::int64_t monotonic_now() { return clock_now(CLOCK_MONOTONIC); }
// Since 1970, and it may jump: for what people read.
inline std::int64_t realtime_now() { return clock_now(CLOCK_REALTIME); }
// Since boot, running on while the machine sleeps: for what is compared over restarts.
inline std::int64_t boottime_now() { return clock_now(CLOCK_BOOTTIME); }

}  // namespace superd::os
