// A TOML document as plain values that know where they were written. The only
// face of the TOML library: it is slow to compile, and it throws.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace superd::config {

// From 1; 0: nowhere in particular.
struct Position {
    std::uint32_t line = 0, column = 0;
    std::uint16_t file = 0;  // Of a unit's files: 0 is its own, those after it its drop-ins.
};

struct Value;
struct Entry;
using Array = std::vector<Value>;
struct Table {
    std::vector<Entry> entries;  // In order of key; no key twice.
    bool headed = false;         // Written below [x] or [[x]], not as { … }.

    const Entry* find(std::string_view key) const;
};
// A date or a time, as text; only what a module is told may be one.
struct Date {
    std::string text;
};

struct Value {
    Position at;
    std::variant<std::string, std::int64_t, double, bool, Date, Array, Table> data;

    template <class T>
    const T* as() const {
        return std::get_if<T>(&data);
    }
};

struct Entry {
    std::string key;
    Position at;
    Value value;
};

// What is wrong with a text, and where.
struct Mistake {
    Position at;
    std::string cause;  // Completes "cannot read this: ".
};

// The most bytes a file of the configuration may have.
constexpr std::size_t file_bytes_max = 1u << 20;

// Finds what no text file has: too many bytes, a NUL, bytes that are not UTF-8.
std::expected<void, Mistake> check_text(std::string_view text);

// Parses a document. TOML itself stops at the first error of syntax.
std::expected<Table, Mistake> parse_document(std::string_view text);

// "a string", "an integer": what a message calls the type of this value.
std::string_view type_name(const Value& value);

// The value as a message shows it: `"alway"`, `3`; empty for what is too long to show.
std::string shown(const Value& value);

// `text` in quotes, with what would garble a terminal escaped, cut when it is long.
std::string quoted(std::string_view text);

// A key as TOML would write it: bare where it can be, else in quotes.
std::string shown_key(std::string_view key);

}  // namespace superd::config
