#include "wire/error.hpp"
#include "wire/outcome.hpp"
#include "wire/time.hpp"

#include <array>

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

TEST(Time, IsWrittenInUtcWithMicroseconds) {
    EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_time(1'795'470'575'123'456'789), "2026-11-23T21:49:35.123456Z");
}

TEST(Time, ComesBackAndTakesOffsetsAndFractions) {
    EXPECT_EQ(parse_time("2026-11-23T21:49:35.123456Z"), 1'795'470'575'123'456'000);
    EXPECT_EQ(parse_time("2026-11-23T22:49:35+01:00"), 1'795'470'575'000'000'000);
    EXPECT_EQ(parse_time("2026-11-23 16:19:35.5-05:30"), 1'795'470'575'500'000'000);
    EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), 1'709'164'800'000'000'000);
}

TEST(Time, WhatIsNoMomentIsRefused) {
    for (const auto* wrong :
         {"", "2026", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
          "2026-11-23T24:00:00Z", "2026-11-23T00:60:00Z", "2026-11-23T00:00:00",
          "2026-11-23T00:00:00.Z", "2026-11-23T00:00:00Zx", "2026-11-23T00:00:00+1:00",
          "9999-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_time(wrong)) << wrong;
    }
}

TEST(Error, ComesBackAsItWas) {
    const ErrorBody error{"not-found", "cannot find unit \"wbe\"", "did you mean \"web\"?"};
    const auto back = parse_error(serialize(error));
    EXPECT_EQ(back.kind, error.kind);
    EXPECT_EQ(back.message, error.message);
    EXPECT_EQ(back.hint, error.hint);
    EXPECT_THROW(parse_error("{}"), boost::system::system_error);
    EXPECT_THROW(parse_error(R"({"error":"no"})"), boost::system::system_error);
}

TEST(Outcomes, ComeBackAsTheyWere) {
    Outcomes outcomes;
    outcomes.outcomes = {{"web", {}, "done", "ready", "reported ready"},
                         {"api", 1, "failed", "failed", "exit 1"}};
    const auto text = serialize(outcomes);
    EXPECT_EQ(text, R"({"schema":1,"outcomes":[{"unit":"web","instance":null,"outcome":"done",)"
                    R"("state":"ready","reason":"reported ready"},{"unit":"api","instance":1,)"
                    R"("outcome":"failed","state":"failed","reason":"exit 1"}]})");
    EXPECT_EQ(serialize(parse_outcomes(text)), text);
    EXPECT_THROW(parse_outcomes("{}"), boost::system::system_error);
}

}  // namespace
}  // namespace superd::wire
