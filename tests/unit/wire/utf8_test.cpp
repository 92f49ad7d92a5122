#include "wire/utf8.hpp"

#include <gtest/gtest.h>

namespace superd::wire {
namespace {

TEST(Utf8, WhatIsWellFormedStaysAsItIs) {
    for (const std::string_view text :
         {"", "plain", "\xC3\xA9", "\xE2\x98\x83", "\xF0\x9F\x8C\x80"}) {
        EXPECT_EQ(well_formed(text), text);
    }
}

TEST(Utf8, EachByteThatIsNoneIsReplaced) {
    EXPECT_EQ(well_formed("cut \xC3"), "cut \xEF\xBF\xBD");
    EXPECT_EQ(well_formed("\xE2\x98 cut"), "\xEF\xBF\xBD\xEF\xBF\xBD cut");
    EXPECT_EQ(well_formed("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
}

}  // namespace
}  // namespace superd::wire
