// What supervisord reads of environment=, by Python's shlex in the mode that is not POSIX's: a
// backslash is itself, quotes within a word are, and a value that has any but a few characters
// stands in quotes.
#include "ctl/import/references.hpp"
#include "ctl/import/supervisord_program.hpp"

namespace superctl::importing {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_/.+-():"}.contains(c) || References::is_part_of_mark(c);
}

void skip_line(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
}

std::string take_word(std::string_view& rest) {
    std::string word;
    while (!rest.empty()) {
        const char c = rest.front();
        if (c == '#') {
            skip_line(rest);
        } else if (is_of_word(c) || is_quote(c)) {
            word += c;
            rest.remove_prefix(1);
        } else {
            break;
        }
    }
    return word;
}

// With its quotes. False: one has no end.
bool take_token(std::string_view& rest, std::string& token) {
    if (is_of_word(rest.front())) {
        token = take_word(rest);
        return true;
    }
    std::size_t length = 1;
    if (is_quote(rest.front())) {
        const auto end = rest.find(rest.front(), 1);
        if (end == rest.npos) return false;
        length = end + 1;
    }
    token = rest.substr(0, length);
    rest.remove_prefix(length);
    return true;
}

bool split(std::string_view rest, std::vector<std::string>& tokens) {
    while (!rest.empty()) {
        if (is_blank(rest.front())) {
            rest.remove_prefix(1);
        } else if (rest.front() == '#') {
            skip_line(rest);
        } else if (!take_token(rest, tokens.emplace_back())) {
            tokens.pop_back();
            return false;
        }
    }
    return true;
}

std::string unquoted(std::string_view token) {
    while (!token.empty() && is_quote(token.front())) token.remove_prefix(1);
    while (!token.empty() && is_quote(token.back())) token.remove_suffix(1);
    return std::string{token};
}

}  // namespace

SupervisordPairs parse_supervisord_pairs(std::string_view text) {
    std::vector<std::string> tokens;
    SupervisordPairs found;
    found.whole = split(text, tokens);
    // Whatever stands between one pair and the next counts as a comma.
    for (std::size_t i = 0; i < tokens.size(); i += 4) {
        if (tokens.size() - i < 3 || tokens[i + 1] != "=") {
            found.whole = false;
            break;
        }
        found.all.emplace_back(tokens[i], unquoted(tokens[i + 2]));
    }
    return found;
}

}  // namespace superctl::importing
