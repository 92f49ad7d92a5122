// Moments as people write them: as journalctl(1) understands them, and RFC 3339.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace superctl {

// In CLOCK_REALTIME, ns. "10m", "10m ago" and "-10m" are before now; "now", "today" and
// "yesterday" (their midnight), "21:49", "21:49:35", "2026-11-23" and "2026-11-23 21:49:35" are of
// the local time zone. Empty for what is none of these.
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_ns);

}  // namespace superctl
