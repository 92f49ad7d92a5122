#include "ctl/import/text.hpp"

#include <gtest/gtest.h>

namespace superctl::importing {
namespace {

TEST(OctalMode, HasAsManyDigitsAsSuperdWants) {
    EXPECT_EQ(octal_mode("22"), "0022");
    EXPECT_EQ(octal_mode("0"), "0000");
    EXPECT_EQ(octal_mode("022"), "022");
    EXPECT_EQ(octal_mode("0027"), "0027");
    EXPECT_EQ(octal_mode("00000777"), "0777");
}

TEST(OctalMode, IsRefusedWhereSuperdHasNone) {
    for (const auto* const text : {"", "1022", "2755", "8", "0o22", "-1", "u=rwx", "77777777777"}) {
        EXPECT_FALSE(octal_mode(text)) << text;
    }
}

}  // namespace
}  // namespace superctl::importing
