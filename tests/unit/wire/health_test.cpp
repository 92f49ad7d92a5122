#include "wire/health.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

namespace superd::wire {
namespace {

TEST(Health, ComesBackAsItWasSent) {
    Health health;
    health.probe = "readiness";
    health.well = false;
    health.why = "web/1 is in back-off; so is db";
    health.unwell = {{"web", 1, "backoff", "retry 3"}, {"db", {}, "failed", "exit 1"}};
    const auto told = parse_health(serialize(health));
    EXPECT_EQ(told.probe, "readiness");
    EXPECT_FALSE(told.well);
    EXPECT_EQ(told.why, health.why);
    ASSERT_EQ(told.unwell.size(), 2u);
    EXPECT_EQ(told.unwell[0].instance, 1u);
    EXPECT_EQ(told.unwell[1].state, "failed");
    EXPECT_FALSE(told.unwell[1].instance);
}

TEST(Health, WithoutAProbeSaysOnlyThatSuperdAnswers) {
    EXPECT_EQ(serialize(Health{}), R"({"schema":1,"health":"ok"})");
    EXPECT_TRUE(parse_health(serialize(Health{})).well);
}

TEST(Health, RefusesAnotherShape) {
    for (const auto* text : {"", "[]", "{}", R"({"health":1})", R"({"health":"ok","unwell":[1]})",
                             R"({"error":{"kind":"busy"}})"}) {
        EXPECT_THROW(parse_health(text), boost::system::system_error) << text;
    }
}

}  // namespace
}  // namespace superd::wire
