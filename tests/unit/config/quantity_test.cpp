#include "config/quantity.hpp"

#include <gtest/gtest.h>

namespace superd::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsReadWithItsUnits) {
    EXPECT_EQ(parse_duration("100ms"), 100ms);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("0s"), 0s);
    EXPECT_EQ(parse_duration("1min"), 1min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("1d"), 24h);
    EXPECT_EQ(parse_duration("7us"), 7us);
    EXPECT_EQ(parse_duration("1h 30min"), 90min);
    EXPECT_EQ(parse_duration("1h30min 5 s"), 90min + 5s);
    EXPECT_EQ(parse_duration("0.1s"), 100ms);
    EXPECT_EQ(parse_duration("106751d"), 106751 * 24h);
}

TEST(Duration, IsRefusedWhenItIsNone) {
    for (const auto* text : {"",
                             " ",
                             "5",
                             "1.s",
                             ".5s",
                             "s",
                             "1h 1h",
                             "1s 1h",
                             "1x",
                             "1s,",
                             "+1s",
                             "-1s",
                             "1e3s",
                             "1 ",
                             "106752d",
                             "106751d 24h",
                             "0x1s",
                             "1s\n",
                             "99999999999999999999s",
                             "1h 9999999999999999h"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Duration, IsToldWhatItsUnitIsCalledHere) {
    EXPECT_EQ(parse_duration("5m").error(),
              "\"m\" is no unit of time; write min (minutes) or ms (milliseconds)");
    EXPECT_EQ(parse_duration("5 seconds").error(), "\"seconds\" is no unit of time; write s");
    EXPECT_EQ(parse_duration("1w").error(),
              "\"w\" is no unit of time; use d, h, min, s, ms or us, such as \"7d\"");
    EXPECT_EQ(parse_duration("2y").error(), "\"y\" is no unit of time; use d, h, min, s, ms or us");
}

TEST(Duration, IsPrintedAsItIsRead) {
    for (const auto duration : {0ns, Nanoseconds{1us}, Nanoseconds{100ms}, Nanoseconds{90min},
                                Nanoseconds{24h + 1s}, Nanoseconds{1500ms}}) {
        EXPECT_EQ(parse_duration(to_text(duration)), duration) << to_text(duration);
    }
    EXPECT_EQ(to_text(90min), "1h 30min");
}

TEST(Size, IsReadWithItsUnit) {
    EXPECT_EQ(parse_size("10MiB"), 10u << 20);
    EXPECT_EQ(parse_size("10 M"), 10u << 20);
    EXPECT_EQ(parse_size("1.5KiB"), 1536u);
    EXPECT_EQ(parse_size("4096B"), 4096u);
    EXPECT_EQ(parse_size("3G"), 3ull << 30);
    for (const auto* text : {"", "MiB", "10", "10kb", "-1K", "1 K B", "99999999999G"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(Rate, IsANumberInATime) {
    const auto rate = parse_rate("10 in 1min");
    ASSERT_TRUE(rate);
    EXPECT_EQ(rate->count, 10u);
    EXPECT_EQ(rate->window, 1min);
    for (const auto* text : {"", "10", "10 in", "in 1min", "1.5 in 1s", "10 per 1min", "10 in 1",
                             "99999999999 in 1s", "-1 in 1s"}) {
        EXPECT_FALSE(parse_rate(text)) << text;
    }
}

}  // namespace
}  // namespace superd::config
