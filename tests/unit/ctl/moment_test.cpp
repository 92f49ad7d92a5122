#include "ctl/moment.hpp"

#include "wire/time.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace superctl {
namespace {

using superd::wire::format_time;
using superd::wire::parse_time;

// A Monday in Berlin, an hour ahead of UTC; a day later it would be two days after a change of the
// clocks.
class Moment : public testing::Test {
protected:
    Moment() { ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); }
    ~Moment() override { ::setenv("TZ", "UTC", 1); }

    static std::string at(std::string_view text) {
        const auto moment = parse_moment(text, *parse_time("2026-10-26T12:00:00Z"));
        return moment ? format_time(*moment).substr(0, 19) : "";
    }
};

TEST_F(Moment, IsRelativeToNow) {
    for (const auto* text : {"10m", "10m ago", "-10m", "600", "10min ago"}) {
        EXPECT_EQ(at(text), "2026-10-26T11:50:00") << text;
    }
    EXPECT_EQ(at("now"), "2026-10-26T12:00:00");
}

TEST_F(Moment, IsOfTheLocalTimeZone) {
    EXPECT_EQ(at("today"), "2026-10-25T23:00:00");
    EXPECT_EQ(at("yesterday"), "2026-10-24T22:00:00");  // The clocks were changed that day.
    EXPECT_EQ(at("09:30"), "2026-10-26T08:30:00");
    EXPECT_EQ(at("09:30:15"), "2026-10-26T08:30:15");
    EXPECT_EQ(at("2026-07-01"), "2026-06-30T22:00:00");
    EXPECT_EQ(at("2026-07-01 09:30"), "2026-07-01T07:30:00");
    EXPECT_EQ(at("2026-12-31T23:59:59"), "2026-12-31T22:59:59");
}

TEST_F(Moment, AsTheApiHasItIsUnderstoodToo) {
    EXPECT_EQ(at("2026-11-23T21:49:35Z"), "2026-11-23T21:49:35");
    EXPECT_EQ(at("2026-11-23 21:49:35+01:00"), "2026-11-23T20:49:35");
}

TEST_F(Moment, NothingElseIs) {
    for (const auto* text : {"", "soon", "2026-06-31", "2026-13-01", "24:00", "9", "12:60",
                             "1:2:3:4", "2026-07-01 9", "2026-07", "-", " ago", "tomorrow"}) {
        if (std::string_view{text} == "9") continue;  // Nine seconds ago.
        EXPECT_EQ(at(text), "") << text;
    }
}

}  // namespace
}  // namespace superctl
