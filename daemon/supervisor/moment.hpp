// The moments that the shell hands to the core, and how people read them.
#pragma once

#include "core/time.hpp"
#include "os/clock.hpp"

#include <cstdint>

namespace superd::supervisor {

// Now, as the core counts.
inline core::Instant now() { return core::Instant{core::Duration{os::monotonic_now()}}; }

// The moment in CLOCK_REALTIME, as the wall clock is set at present.
inline std::int64_t realtime_of(core::Instant moment) {
    return os::realtime_now() - (now() - moment).count();
}

}  // namespace superd::supervisor
