// Calendar time as arithmetic: when is the next "weekly mon 03:00"? No clock
// and no time zone database: what a zone's clocks show is handed in, as the
// moments at which their distance from UTC changes.
//
// Where clocks are put forward, a time of day that is skipped is due at the
// moment of the change; an hour that is skipped has no hourly moment. Where
// they are put back, a time of day that comes twice is due the first time; the
// hour that comes twice has two hourly moments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace superd::core {

// Seconds since 1970 in UTC, as CLOCK_REALTIME counts them.
using WallSecond = std::int64_t;

// How far a zone's clocks are ahead of UTC, in seconds.
struct Zone {
    struct Shift {
        WallSecond at = 0;
        std::int32_t offset = 0;  // From then on.
        friend bool operator==(const Shift&, const Shift&) = default;
    };
    std::int32_t offset = 0;    // Before the first shift.
    std::vector<Shift> shifts;  // In order.
    friend bool operator==(const Zone&, const Zone&) = default;
};

// Moments that repeat.
struct CalendarRule {
    enum class Kind : std::uint8_t {
        hourly,
        daily,    // On `weekdays`.
        monthly,  // On `day`; a month that has no such day is passed over.
    };
    static constexpr std::uint8_t every_day = 0x7f;

    Kind kind = Kind::daily;
    std::uint8_t weekdays = every_day;  // Bit 0: Monday, and so on.
    std::uint8_t day = 0;               // 1 to 31; 0: the month's last.
    std::int32_t second = 0;            // Of the hour, or of the day.
    friend bool operator==(const CalendarRule&, const CalendarRule&) = default;
};

// The first moment of any of the rules later than `after`. It is found as far
// as the zone's shifts are known; nothing: no rule has one within 70 days.
std::optional<WallSecond> next_moment(std::span<const CalendarRule> rules, const Zone& zone,
                                      WallSecond after);

// The last one later than `after` and not later than `until`, if any.
std::optional<WallSecond> last_moment(std::span<const CalendarRule> rules, const Zone& zone,
                                      WallSecond after, WallSecond until);

}  // namespace superd::core
