// When a unit's timer runs it next, for people.
#pragma once

#include "core/schedule.hpp"
#include "supervisor/moment.hpp"
#include "wire/time.hpp"

#include <optional>
#include <string>

namespace superd::supervisor {

// RFC 3339; nothing if no run is planned.
inline std::optional<std::string> next_run(const core::Schedule& schedule) {
    if (schedule.next == core::Instant{}) return std::nullopt;
    // A moment of the calendar is told as what it is, not by way of another clock.
    const std::int64_t moment = schedule.occurrence * 1'000'000'000 + schedule.delay.count();
    const bool calendar = schedule.occurrence != 0 && moment > os::realtime_now();
    return wire::format_time(calendar ? moment : realtime_of(schedule.next));
}

}  // namespace superd::supervisor
