// Durations, sizes and rates as a unit writes them: "1h 30min", "10MiB", "10 in 1min".
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace superd::config {

using Nanoseconds = std::chrono::nanoseconds;

// The error completes "cannot use restart.delay = "5": " and says what to write instead.
template <class T>
using Parsed = std::expected<T, std::string>;

// One or more numbers with a unit each, largest first: us, ms, s, min, h, d.
Parsed<Nanoseconds> parse_duration(std::string_view text);

// A number of bytes: B, or a power of 1024: K, KiB, M, MiB, G, GiB.
Parsed<std::uint64_t> parse_size(std::string_view text);

// "150%" is 150; from 0 to a million.
Parsed<double> parse_percent(std::string_view text);

// So many within so long.
struct Rate {
    std::uint32_t count = 0;
    Nanoseconds window{};
};
Parsed<Rate> parse_rate(std::string_view text);

// The shortest text that parse_duration() reads as this; never negative.
std::string to_text(Nanoseconds duration);

}  // namespace superd::config
