#include "ctl/terminal_text.hpp"

#include <gtest/gtest.h>

namespace superctl {
namespace {

TEST(ForTerminal, LetsTextAndItsColoursPass) {
    for (const auto* text :
         {"plain\n", "\x1b[1;31mred\x1b[0m \x1b[38:2::1:2:3mtrue\x1b[m\n", "a\tb\n", "dos\r\n",
          "Grüße, 世界, 😀 ‛\n", "\xC2\xA0\xC3\x9B\n", ""}) {
        EXPECT_EQ(for_terminal(text), text);
    }
}

TEST(ForTerminal, ReplacesWhatATerminalWouldObey) {
    EXPECT_EQ(for_terminal("\x1b]0;title\x07\n"), "?]0;title?\n");
    EXPECT_EQ(for_terminal("\x1b]52;c;eA==\x1b\\\n"), "?]52;c;eA==?\\\n");
    EXPECT_EQ(for_terminal("\x1b[2J\x1b[H\x1b"
                           "c\n"),
              "?[2J?[H?c\n");
    EXPECT_EQ(for_terminal("\x1b[?25l\x1b[31"), "?[?25l?[31");
    EXPECT_EQ(for_terminal("real\rfake\x08\x7f\n"), "real?fake??\n");
    EXPECT_EQ(for_terminal(std::string_view{"a\0b", 3}), "a?b");
}

// As two bytes of UTF-8, as a byte alone, and as what a careless decoder takes for them.
TEST(ForTerminal, ReplacesTheOtherControlCharactersToo) {
    EXPECT_EQ(for_terminal("\xC2\x9B"
                           "2J\n"),
              "\xC2\xBF"
              "2J\n");
    EXPECT_EQ(for_terminal("\x9B"
                           "2J \x90\n"),
              "?2J ?\n");
    EXPECT_EQ(for_terminal("\xE0\x82\x9B\n"), "\xE0??\n");
    EXPECT_EQ(for_terminal("\xC3\n\xE9t\xE9\n"), "\xC3\n\xE9t\xE9\n");
}

TEST(Printable, IsOneLineWithoutColours) {
    EXPECT_EQ(printable("a\tb\nc\x1b[31md\x7f"), "a b?c?[31md?");
    EXPECT_EQ(printable("\xC2\x9B\x9B"
                        "é"),
              "\xC2\xBF?é");
}

}  // namespace
}  // namespace superctl
