// Moments as the API writes them: RFC 3339, in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superd::wire {

// "2026-11-23T21:49:35.123456Z" from nanoseconds of CLOCK_REALTIME.
std::string format_time(std::int64_t realtime_ns);

// The same back; any offset ("+01:00") and up to nine digits of a fraction are
// understood. Empty for what is no such moment.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace superd::wire
