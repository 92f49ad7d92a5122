#include "ctl/import/words.hpp"

#include <iterator>
#include <utility>

namespace superctl::importing {

namespace {

bool take_shell_escape(char quote, std::string_view& rest, std::string& word) {
    if (quote == '\'' || rest.empty()) return false;
    const char next = rest.front();
    // In double quotes a backslash escapes these alone.
    constexpr std::string_view escaped = "\"\\$`";
    if (quote == '"' && !escaped.contains(next)) word += '\\';
    word += next;
    rest.remove_prefix(1);
    return true;
}

}  // namespace

QuotedWords split_in_quotes(std::string_view text, const TakeEscape& take_escape) {
    QuotedWords found;
    std::string word;
    bool within = false;  // A word, which may be empty: "".
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (c == '\\') {
            if (!take_escape(found.open, text, word)) word += c;
            within = true;
        } else if (found.open != 0 && c == found.open) {
            found.open = 0;
        } else if (found.open != 0) {
            word += c;
        } else if (c == '"' || c == '\'') {
            found.open = c;
            within = true;
        } else if (space) {
            if (within) found.all.push_back(std::exchange(word, {}));
            within = false;
        } else {
            word += c;
            within = true;
        }
    }
    if (within) found.all.push_back(std::move(word));
    return found;
}

bool split_shell_words(std::string_view text, std::vector<std::string>& words) {
    QuotedWords found = split_in_quotes(text, take_shell_escape);
    words.insert(words.end(), std::make_move_iterator(found.all.begin()),
                 std::make_move_iterator(found.all.end()));
    return found.open == 0;
}

}  // namespace superctl::importing
