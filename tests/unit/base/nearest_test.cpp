#include "base/nearest.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace superd {
namespace {

TEST(Nearest, FindsSlipsOfTheFingersOnly) {
    constexpr std::array<std::string_view, 4> known{"start", "status", "stop", "worker"};
    EXPECT_EQ(nearest("strat", known), "start");
    EXPECT_EQ(nearest("wrker", known), "worker");
    EXPECT_EQ(nearest("statsu", known), "status");
    EXPECT_EQ(nearest("banana", known), std::nullopt);
    EXPECT_EQ(nearest("", known), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 's'), known), std::nullopt);
}

}  // namespace
}  // namespace superd
