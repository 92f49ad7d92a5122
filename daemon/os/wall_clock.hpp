// The wall clock and the machine's time zone: when somebody sets the one, and
// what the other says.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <vector>

namespace superd::os {

// A descriptor that becomes readable when CLOCK_REALTIME is set, or has jumped
// because the machine slept. watch_clock() arms it, each time anew.
Result<Fd> open_clock_watch();
Result<void> watch_clock(const Fd& watch);

// How far local clocks are ahead of UTC: at `from`, then from each moment on at
// which that changes, up to `to`. In seconds since 1970; the file that says so
// (/etc/localtime, or TZ) is read again if it is another one by now.
struct ZoneOffset {
    std::int64_t at = 0;
    std::int32_t seconds = 0;
};
std::vector<ZoneOffset> zone_offsets(std::int64_t from, std::int64_t to);

}  // namespace superd::os
