// A line as systemd's journal takes it, by its native protocol
// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): fields, each NAME=value and a newline, or, where
// the value has a newline itself, NAME, a newline, the value's length in eight bytes, and the
// value.
#pragma once

#include "logger/format.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace superd::logger {

// A field of an entry.
void append_field(std::string& entry, std::string_view name, std::string_view value);

// "<4>text": the priority of syslog(3) that a line says of itself, as sd-daemon(3) has it.
struct Prioritised {
    int priority = 6;
    std::string_view text;
};
Prioritised take_priority(std::string_view line, int otherwise);

// Makes the entries of one batch: what they have in common is made once.
class JournaldEntry {
public:
    JournaldEntry(const Origin& origin, std::uint64_t run, Stream stream, std::int64_t realtime_ns);

    std::string of(const Line& line) const;

private:
    std::string common_;
    std::string label_;  // "[pre-start] ", or empty.
    int priority_;       // Of a line that says nothing of it.
};

}  // namespace superd::logger
