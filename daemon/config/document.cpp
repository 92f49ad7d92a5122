#include "config/document.hpp"

#include "base/overloaded.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace superd::config {

namespace {

Position position_of(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    const auto lines = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
    const auto line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    // Columns are characters, as the TOML library counts them.
    const auto column = std::ranges::count_if(before.substr(line_start), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return {lines + 1, static_cast<std::uint32_t>(column + 1)};
}

// The bytes of the UTF-8 sequence that begins `text`; 0: it is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xC2   ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    // Overlong forms, surrogates, and what is beyond the last code point.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
        return 0;
    }
    return length;
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
}

std::expected<void, Mistake> check_text(std::string_view text) {
    if (text.size() > file_bytes_max) {
        return std::unexpected{Mistake{{}, "it is larger than 1 MiB"}};
    }
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '\0') return std::unexpected{Mistake{position_of(text, i), "a NUL byte"}};
        const auto length = sequence_length(text.substr(i));
        if (length == 0) {
            return std::unexpected{Mistake{position_of(text, i), "a byte that is not UTF-8"}};
        }
        i += length;
    }
    return {};
}

std::string_view type_name(const Value& value) {
    return std::visit(Overloaded{
                          [](const std::string&) { return "a string"; },
                          [](std::int64_t) { return "an integer"; },
                          [](double) { return "a number"; },
                          [](bool) { return "a boolean"; },
                          [](const Date&) { return "a date"; },
                          [](const Array&) { return "an array"; },
                          [](const Table&) { return "a table"; },
                      },
                      value.data);
}

std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 80;
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        if (i >= shown_max) return out + "…\"";
        const auto length = std::max<std::size_t>(sequence_length(text.substr(i)), 1);
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[i];
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20 || c == 0x7F || (c == 0xC2 && length == 2 && text[i + 1] < '\xA0')) {
            out +=
                fmt::format("\\u{:04X}", c == 0xC2 ? static_cast<unsigned char>(text[i + 1]) : c);
        } else {
            out += text.substr(i, length);
        }
        i += length;
    }
    return out + "\"";
}

std::string shown(const Value& value) {
    if (const auto* text = value.as<std::string>()) return quoted(*text);
    if (const auto* integer = value.as<std::int64_t>()) return std::to_string(*integer);
    if (const auto* number = value.as<double>()) return fmt::format("{}", *number);
    if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
    return {};
}

std::string shown_key(std::string_view key) {
    const bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    return bare ? std::string{key} : quoted(key);
}

}  // namespace superd::config
