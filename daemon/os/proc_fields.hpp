// How the files of /proc are taken apart: words with spaces or line ends in between.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>

namespace superd::os {

// Cuts the next word off `text`; empty at its end.
inline std::string_view next_word(std::string_view& text) {
    const auto begin = std::min(text.find_first_not_of(" \n"), text.size());
    const auto end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

// What is no number is 0.
template <class Number>
Number number(std::string_view word, int base = 10) {
    Number value{};
    std::from_chars(word.data(), word.data() + word.size(), value, base);
    return value;
}

}  // namespace superd::os
