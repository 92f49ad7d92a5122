// Words in quotes, with the escapes of C: "Quoting" of systemd.syntax(7).
#include "ctl/import/systemd_file.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/words.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace superctl::importing {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

// `digits` of them, off the front of `text`.
std::optional<std::uint32_t> take_digits(std::string_view& text, std::size_t digits,
                                         std::uint32_t base) {
    constexpr std::string_view all = "0123456789abcdef";
    if (text.size() < digits) return {};
    std::uint32_t value = 0;
    for (const char c : text.substr(0, digits)) {
        const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        const auto digit = all.find(lower);
        if (digit >= base) return {};
        value = value * base + static_cast<std::uint32_t>(digit);
    }
    text.remove_prefix(digits);
    return value;
}

// Takes what follows a backslash. False: it is no escape.
bool take_escape(std::string_view& text, std::string& out) {
    constexpr std::string_view names = "abfnrtvs\\\"'";
    constexpr std::string_view values = "\a\b\f\n\r\t\v \\\"'";
    if (text.empty()) return false;
    const char c = text.front();
    if (const auto at = names.find(c); at != names.npos) {
        out += values[at];
        text.remove_prefix(1);
        return true;
    }
    constexpr std::uint32_t code_max = 0x10ffff;
    std::optional<std::uint32_t> code;
    if (c == 'x' || c == 'u' || c == 'U') {
        text.remove_prefix(1);
        code = take_digits(text, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
    } else {
        code = take_digits(text, 3, 8);
    }
    // A NUL cannot be in a word.
    if (!code || *code == 0 || *code > code_max) return false;
    const bool bytes = c != 'u' && c != 'U';
    if (bytes && *code < 0x100) {
        out += static_cast<char>(*code);
    } else {
        append_utf8(out, *code);
    }
    return true;
}

}  // namespace

std::vector<std::string> split_quoted(std::string_view text, std::string& problem) {
    QuotedWords found =
        split_in_quotes(text, [&](char /*quote*/, std::string_view& rest, std::string& word) {
            if (take_escape(rest, word)) return true;
            problem = "an unknown escape after \\";
            return false;
        });
    if (found.open != 0) problem = std::string{"a "} + found.open + " without its end";
    return std::move(found.all);
}

}  // namespace superctl::importing
