#include "core/calendar.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace superd::core {

namespace {

constexpr WallSecond hour = 3600, day = 86'400;
// "monthly 31" waits longest from the end of a January, 59 days.
constexpr int days_searched = 70;

// The first multiple of `step` plus `phase` that is not before `from`.
WallSecond ceil_to(WallSecond from, WallSecond step, WallSecond phase) {
    const WallSecond over = ((from - phase) % step + step) % step;
    return over == 0 ? from : from + step - over;
}

WallSecond floor_days(WallSecond seconds) {
    return (seconds - ((seconds % day + day) % day)) / day;
}

// Calls `visit(start, end, offset)` for each time of one offset until it returns true.
template <class Visit>
void each_stretch(const Zone& zone, Visit&& visit) {
    WallSecond start = std::numeric_limits<WallSecond>::min();
    std::int32_t offset = zone.offset;
    for (const Zone::Shift& shift : zone.shifts) {
        if (visit(start, shift.at, offset)) return;
        start = shift.at;
        offset = shift.offset;
    }
    visit(start, std::numeric_limits<WallSecond>::max(), offset);
}

std::int32_t offset_at(const Zone& zone, WallSecond moment) {
    std::int32_t found = zone.offset;
    for (const Zone::Shift& shift : zone.shifts) {
        if (shift.at <= moment) found = shift.offset;
    }
    return found;
}

// When the zone's clocks first show `local`, or pass it over.
WallSecond moment_of(WallSecond local, const Zone& zone) {
    WallSecond found = 0;
    each_stretch(zone, [&](WallSecond start, WallSecond end, std::int32_t offset) {
        if (local - offset >= end) return false;
        found = std::max(local - offset, start);
        return true;
    });
    return found;
}

WallSecond next_hourly(const CalendarRule& rule, const Zone& zone, WallSecond after) {
    WallSecond found = 0;
    each_stretch(zone, [&](WallSecond start, WallSecond end, std::int32_t offset) {
        const WallSecond from = std::max(after + 1, start);
        if (from >= end) return false;
        found = ceil_to(from, hour, rule.second - offset);
        return found < end;
    });
    return found;
}

bool falls_on(const CalendarRule& rule, std::chrono::local_days date) {
    if (rule.kind == CalendarRule::Kind::daily) {
        const unsigned weekday = std::chrono::weekday{date}.iso_encoding() - 1;
        return (rule.weekdays >> weekday & 1) != 0;
    }
    const std::chrono::year_month_day civil{date};
    if (rule.day != 0) return unsigned{civil.day()} == rule.day;
    const auto last =
        std::chrono::year_month_day_last{civil.year(), std::chrono::month_day_last{civil.month()}};
    return civil.day() == last.day();
}

std::optional<WallSecond> next_of(const CalendarRule& rule, const Zone& zone, WallSecond after) {
    if (rule.kind == CalendarRule::Kind::hourly) return next_hourly(rule, zone, after);
    // The day before may have a moment that the clocks pass over today.
    const WallSecond first = floor_days(after + offset_at(zone, after)) - 1;
    for (WallSecond date = first; date <= first + days_searched; ++date) {
        if (!falls_on(rule, std::chrono::local_days{std::chrono::days{date}})) continue;
        const WallSecond moment = moment_of(date * day + rule.second, zone);
        if (moment > after) return moment;
    }
    return std::nullopt;
}

}  // namespace

std::optional<WallSecond> next_moment(std::span<const CalendarRule> rules, const Zone& zone,
                                      WallSecond after) {
    std::optional<WallSecond> first;
    for (const CalendarRule& rule : rules) {
        const auto next = next_of(rule, zone, after);
        if (next && (!first || *next < *first)) first = next;
    }
    return first;
}

std::optional<WallSecond> last_moment(std::span<const CalendarRule> rules, const Zone& zone,
                                      WallSecond after, WallSecond until) {
    // Not all that an hourly rule had in a year: the nearest are tried first.
    constexpr std::array<WallSecond, 4> spans{2 * hour, 2 * day, 9 * day, days_searched * day};
    for (const WallSecond span : spans) {
        const WallSecond from = std::max(after, until - span);
        std::optional<WallSecond> last;
        for (auto next = next_moment(rules, zone, from); next && *next <= until;
             next = next_moment(rules, zone, *next)) {
            last = next;
        }
        if (last || from == after) return last;
    }
    return std::nullopt;
}

}  // namespace superd::core
