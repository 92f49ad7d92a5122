// Words in quotes, as shells have them and systemd.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// Words lie between spaces, tabs and line ends, unless these are in '…' or "…".
struct QuotedWords {
    std::vector<std::string> all;
    char open = 0;  // A quote without its end.
};

// What comes after a backslash, within `quote` or, if that is 0, none. Takes what belongs to the
// backslash off the front of `rest` and adds to `word` what it means. False: the backslash means
// itself, and nothing was taken.
using TakeEscape = std::function<bool(char quote, std::string_view& rest, std::string& word)>;

QuotedWords split_in_quotes(std::string_view text, const TakeEscape& take_escape);

// As sh(1) does it, without expanding anything. False: a quote has no end.
bool split_shell_words(std::string_view text, std::vector<std::string>& words);

}  // namespace superctl::importing
