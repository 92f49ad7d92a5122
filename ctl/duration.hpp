// Times as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superctl {

// "20s", "1m30s", "500ms", "2h", "7d"; a bare number is seconds. At most ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The API's `since` for a moment as people write it (moment.hpp).
std::optional<std::string> since_parameter(std::string_view text);

// "340ms", "5.2s", "3m 12s", "4h 05m", "12d 3h": two figures that matter.
std::string format_duration(std::chrono::milliseconds time);

// "512 B", "12.3 MB"; powers of 1000.
std::string format_bytes(std::uint64_t bytes);

// Seconds for the API: "20", "0.5".
std::string format_seconds(std::chrono::milliseconds time);

}  // namespace superctl
