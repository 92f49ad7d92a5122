// Times as systemd, compose and supervisord write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace superctl::importing {

inline constexpr auto endless = std::chrono::nanoseconds::max();

// "90", "5min 20s", "1.5h", "1m30s", "infinity" (endless); a bare number is seconds. Units are
// those of systemd.time(7). Nothing for what is none.
std::optional<std::chrono::nanoseconds> parse_time_span(std::string_view text);

}  // namespace superctl::importing
