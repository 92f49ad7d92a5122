// Moments that repeat, as a unit writes them: "daily 03:00", "mon..fri 08:30".
#pragma once

#include "config/check.hpp"
#include "config/quantity.hpp"
#include "core/calendar.hpp"

#include <string_view>

namespace superd::config {

// hourly [:MM[:SS]], daily [HH:MM[:SS]], weekly DAYS [HH:MM], DAYS HH:MM,
// monthly DAY|last [HH:MM]. DAYS: mon, or mon,wed,fri, or mon..fri.
Parsed<core::CalendarRule> parse_moments(std::string_view text);

// Whether a value is one of these, or an array of them; what is not is refused.
bool check_moments(const Value& value, const Refuse& refuse);

// For messages and the manual: all of the above by example.
inline constexpr std::string_view moments_examples =
    R"("hourly :15", "daily 03:00", "mon..fri 08:30", "weekly sun 04:00" or "monthly 1 05:00")";

}  // namespace superd::config
