#include "ctl/import/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace superctl::importing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> shell(std::string_view text) {
    std::vector<std::string> words;
    EXPECT_TRUE(split_shell_words(text, words)) << text;
    return words;
}

TEST(ShellWords, LieBetweenSpacesUnlessQuoted) {
    EXPECT_THAT(shell("  a\tb\nc "), ElementsAre("a", "b", "c"));
    EXPECT_THAT(shell(R"(a 'b  c' "d e"f)"), ElementsAre("a", "b  c", "d ef"));
    EXPECT_THAT(shell(R"(a "" '')"), ElementsAre("a", "", ""));
    EXPECT_THAT(shell(R"("it's" 'a "b"')"), ElementsAre("it's", "a \"b\""));
}

TEST(ShellWords, BackslashesMeanWhatTheyMeanInTheirQuotes) {
    EXPECT_THAT(shell(R"(a\ b \"c\\)"), ElementsAre("a b", "\"c\\"));
    EXPECT_THAT(shell(R"('a\b\')"), ElementsAre(R"(a\b\)"));
    EXPECT_THAT(shell(R"("a\"b\$c\n")"), ElementsAre(R"(a"b$c\n)"));
    EXPECT_THAT(shell("a\\"), ElementsAre("a\\"));
}

TEST(ShellWords, WithoutTheEndOfAQuoteAreWrong) {
    std::vector<std::string> words{"before"};
    EXPECT_FALSE(split_shell_words("a 'b c", words));
    EXPECT_THAT(words, ElementsAre("before", "a", "b c"));
}

TEST(WordsInQuotes, AskForWhatAnEscapeMeans) {
    std::string quotes;
    const auto found = split_in_quotes(R"(\n "\n" '\n)",
                                       [&](char quote, std::string_view& rest, std::string& word) {
                                           quotes += quote == 0 ? '-' : quote;
                                           rest.remove_prefix(1);
                                           word += '\n';
                                           return true;
                                       });
    EXPECT_EQ(quotes, "-\"'");
    EXPECT_THAT(found.all, ElementsAre("\n", "\n", "\n"));
    EXPECT_EQ(found.open, '\'');
}

}  // namespace
}  // namespace superctl::importing
