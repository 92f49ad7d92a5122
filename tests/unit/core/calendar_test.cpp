#include "core/calendar.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace superd::core {
namespace {

using namespace std::chrono;
using Kind = CalendarRule::Kind;

constexpr std::int32_t cet = 3600, cest = 7200;

// 10:20:30 in UTC, as seconds.
WallSecond at(year_month_day date, int hour, int minute, int second = 0) {
    return duration_cast<seconds>(sys_days{date}.time_since_epoch()).count() + hour * 3600 +
           minute * 60 + second;
}

// The changes of 2026 in Berlin: 29 March, 02:00 to 03:00; 25 October, 03:00 to 02:00.
const Zone& berlin() {
    static const Zone zone{
        cet, {{at(2026y / March / 29, 1, 0), cest}, {at(2026y / October / 25, 1, 0), cet}}};
    return zone;
}

CalendarRule daily(int hour, int minute) { return {.second = (hour * 60 + minute) * 60}; }
CalendarRule hourly(int minute) { return {.kind = Kind::hourly, .second = minute * 60}; }
CalendarRule monthly(std::uint8_t day, int hour = 0) {
    return {.kind = Kind::monthly, .day = day, .second = hour * 3600};
}
CalendarRule on(std::uint8_t weekdays, int hour) {
    return {.weekdays = weekdays, .second = hour * 3600};
}

WallSecond next(const CalendarRule& rule, WallSecond after, const Zone& zone = {}) {
    return next_moment(std::span{&rule, 1}, zone, after).value_or(-1);
}

TEST(Calendar, ADayComesAfterTheMoment) {
    EXPECT_EQ(next(daily(3, 0), at(2026y / May / 5, 2, 59, 59)), at(2026y / May / 5, 3, 0));
    EXPECT_EQ(next(daily(3, 0), at(2026y / May / 5, 3, 0)), at(2026y / May / 6, 3, 0));
    EXPECT_EQ(next(daily(0, 0), at(2026y / December / 31, 12, 0)), at(2027y / January / 1, 0, 0));
    EXPECT_EQ(next(daily(3, 0), at(1969y / December / 31, 23, 0)), at(1970y / January / 1, 3, 0));
}

TEST(Calendar, KnowsLeapYears) {
    EXPECT_EQ(next(daily(3, 0), at(2028y / February / 28, 4, 0)), at(2028y / February / 29, 3, 0));
    EXPECT_EQ(next(daily(3, 0), at(2026y / February / 28, 4, 0)), at(2026y / March / 1, 3, 0));
    EXPECT_EQ(next(daily(3, 0), at(2100y / February / 28, 4, 0)), at(2100y / March / 1, 3, 0));
    EXPECT_EQ(next(daily(3, 0), at(2000y / February / 28, 4, 0)), at(2000y / February / 29, 3, 0));
    EXPECT_EQ(next(monthly(29), at(2027y / January / 29, 0, 0)), at(2027y / March / 29, 0, 0));
    EXPECT_EQ(next(monthly(29), at(2028y / January / 29, 0, 0)), at(2028y / February / 29, 0, 0));
}

TEST(Calendar, KnowsHowLongMonthsAre) {
    EXPECT_EQ(next(monthly(31, 4), at(2026y / January / 31, 4, 0)), at(2026y / March / 31, 4, 0));
    EXPECT_EQ(next(monthly(30, 4), at(2026y / January / 31, 4, 0)), at(2026y / March / 30, 4, 0));
    EXPECT_EQ(next(monthly(0), at(2026y / January / 31, 0, 0)), at(2026y / February / 28, 0, 0));
    EXPECT_EQ(next(monthly(0), at(2028y / February / 1, 0, 0)), at(2028y / February / 29, 0, 0));
    EXPECT_EQ(next(monthly(1), at(2026y / April / 1, 0, 0)), at(2026y / May / 1, 0, 0));
}

TEST(Calendar, KnowsTheDaysOfTheWeek) {
    constexpr std::uint8_t monday = 1, workdays = 0x1f, sunday = 0x40;
    // 23 November 2026 is a Monday.
    EXPECT_EQ(next(on(monday, 3), at(2026y / November / 23, 3, 0)),
              at(2026y / November / 30, 3, 0));
    EXPECT_EQ(next(on(workdays, 8), at(2026y / November / 27, 9, 0)),
              at(2026y / November / 30, 8, 0));
    EXPECT_EQ(next(on(sunday, 8), at(2026y / November / 27, 9, 0)),
              at(2026y / November / 29, 8, 0));
}

TEST(Calendar, AnHourlyMomentComesEachHour) {
    EXPECT_EQ(next(hourly(15), at(2026y / May / 5, 23, 15)), at(2026y / May / 6, 0, 15));
    EXPECT_EQ(next(hourly(0), at(2026y / May / 5, 10, 59, 59)), at(2026y / May / 5, 11, 0));
    // 5:45 ahead, as in Nepal: its hours are not those of UTC.
    EXPECT_EQ(next(hourly(0), at(2026y / May / 5, 10, 0), {.offset = 20'700, .shifts = {}}),
              at(2026y / May / 5, 10, 15));
}

TEST(Calendar, LocalTimeIsThatOfTheZone) {
    EXPECT_EQ(next(daily(3, 0), at(2026y / January / 5, 12, 0), berlin()),
              at(2026y / January / 6, 2, 0));
    EXPECT_EQ(next(daily(3, 0), at(2026y / July / 5, 12, 0), berlin()), at(2026y / July / 6, 1, 0));
    // Its first of the month begins before that of UTC.
    EXPECT_EQ(next(monthly(1), at(2026y / July / 31, 21, 59), berlin()),
              at(2026y / July / 31, 22, 0));
}

TEST(Calendar, WhatSummerTimePassesOverIsDueAtTheChange) {
    const auto change = at(2026y / March / 29, 1, 0);
    EXPECT_EQ(next(daily(2, 30), at(2026y / March / 28, 12, 0), berlin()), change);
    EXPECT_EQ(next(daily(2, 30), change, berlin()), at(2026y / March / 30, 0, 30));
    EXPECT_EQ(next(daily(3, 0), change - 1, berlin()), change);
    EXPECT_EQ(next(hourly(30), change - 1800, berlin()), change + 1800) << "an hour is missing";
}

TEST(Calendar, WhatComesTwiceIsDueOnce) {
    const auto change = at(2026y / October / 25, 1, 0);
    const auto first = at(2026y / October / 25, 0, 30);
    EXPECT_EQ(next(daily(2, 30), at(2026y / October / 24, 12, 0), berlin()), first);
    EXPECT_EQ(next(daily(2, 30), first, berlin()), at(2026y / October / 26, 1, 30));
    EXPECT_EQ(next(hourly(30), first, berlin()), change + 1800) << "both hours are hours";
    EXPECT_EQ(next(hourly(30), change + 1800, berlin()), change + 1800 + 3600);
}

TEST(Calendar, OneMomentADayWhateverTheZoneDoes) {
    // Every quarter of an hour of the day, through both changes: each date has its moment once.
    for (int quarter = 0; quarter < 96; ++quarter) {
        const CalendarRule rule{.second = quarter * 900};
        WallSecond moment = at(2026y / March / 20, 12, 0);
        for (int day = 0; day < 250; ++day) {
            const auto following = next(rule, moment, berlin());
            ASSERT_GE(following - moment, 82'800 - 3600 + (day == 0 ? -86'400 : 0));
            ASSERT_LE(following - moment, 90'000 + 3600);
            moment = following;
        }
    }
}

TEST(Calendar, TheFirstOfSeveralRulesCounts) {
    const std::vector<CalendarRule> rules{daily(12, 0), monthly(1, 3), hourly(45)};
    EXPECT_EQ(next_moment(rules, {}, at(2026y / May / 31, 23, 45)), at(2026y / June / 1, 0, 45));
    EXPECT_EQ(next_moment(rules, {}, at(2026y / June / 1, 2, 45)), at(2026y / June / 1, 3, 0));
    EXPECT_EQ(next_moment({}, {}, 0), std::nullopt);
}

TEST(Calendar, TheLastMomentBeforeNow) {
    const std::vector<CalendarRule> rules{daily(3, 0)};
    const auto now = at(2026y / May / 5, 12, 0);
    EXPECT_EQ(last_moment(rules, {}, at(2020y / May / 5, 0, 0), now), at(2026y / May / 5, 3, 0));
    EXPECT_EQ(last_moment(rules, {}, at(2026y / May / 5, 3, 0), now), std::nullopt);
    const std::vector<CalendarRule> rare{monthly(31)};
    EXPECT_EQ(last_moment(rare, {}, at(2020y / May / 5, 0, 0), at(2026y / March / 30, 0, 0)),
              at(2026y / January / 31, 0, 0));
}

}  // namespace
}  // namespace superd::core
