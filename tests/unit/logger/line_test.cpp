#include "logger/line.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace superd::logger {
namespace {

struct Cut {
    std::vector<std::string> texts;
    std::vector<bool> partial;
    std::size_t consumed = 0;
};

Cut cut(std::string_view bytes, Rest rest) {
    LineCutter cutter{bytes, rest};
    Cut all;
    while (const auto line = cutter.next()) {
        all.texts.emplace_back(line->text);
        all.partial.push_back(line->partial);
    }
    all.consumed = cutter.consumed();
    return all;
}

TEST(LineCutter, GivesWholeLinesAndLeavesTheRest) {
    const Cut all = cut("one\n\ntwo\nthr", Rest::keep);
    EXPECT_EQ(all.texts, (std::vector<std::string>{"one", "", "two"}));
    EXPECT_EQ(all.consumed, 9u);
}

TEST(LineCutter, GivesTheRestAsALineOrAPieceIfToldTo) {
    EXPECT_EQ(cut("a\nb", Rest::line).texts, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(cut("a\nb", Rest::line).partial, (std::vector<bool>{false, false}));
    EXPECT_EQ(cut("a\nb", Rest::piece).partial, (std::vector<bool>{false, true}));
    EXPECT_TRUE(cut("", Rest::line).texts.empty());
}

TEST(LineCutter, KeepsALineOfTheLargestSizeWhole) {
    const std::string largest(line_max, 'x');
    EXPECT_EQ(cut(largest + "\n", Rest::keep).texts, std::vector<std::string>{largest});
    EXPECT_EQ(cut(largest + "\n", Rest::keep).partial, std::vector<bool>{false});
    // It may yet be one: wait for the next byte.
    EXPECT_EQ(cut(largest, Rest::keep).consumed, 0u);
}

TEST(LineCutter, CutsALongerLineIntoPiecesThatAreMarked) {
    const std::string text = std::string(line_max, 'a') + std::string(line_max, 'b') + "c\nnext\n";
    const Cut all = cut(text, Rest::keep);
    ASSERT_EQ(all.texts.size(), 4u);
    EXPECT_EQ(all.partial, (std::vector<bool>{true, true, false, false}));
    EXPECT_EQ(all.texts[2], "c");
    EXPECT_EQ(all.texts[3], "next");
    EXPECT_EQ(all.consumed, text.size());
}

TEST(LineCutter, GivesTheSameLinesHoweverTheBytesArrive) {
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += std::string(static_cast<std::size_t>(i * 371 % 977), 'y') + '\n';
    const auto expected = cut(text, Rest::keep).texts;
    for (const std::size_t step : {1u, 7u, 333u, 5'000u}) {
        std::vector<std::string> texts;
        std::size_t at = 0;
        for (std::size_t end = step; at < text.size(); end += step) {
            const Cut some = cut(std::string_view{text}.substr(at, end - at), Rest::keep);
            texts.insert(texts.end(), some.texts.begin(), some.texts.end());
            at += some.consumed;
        }
        EXPECT_EQ(texts, expected) << step;
    }
}

}  // namespace
}  // namespace superd::logger
