#include "logger/journald_entry.hpp"

namespace superd::logger {
namespace {

constexpr int warning = 4, information = 6;  // syslog(3)

}  // namespace

void append_field(std::string& entry, std::string_view name, std::string_view value) {
    entry += name;
    if (!value.contains('\n')) {
        entry += '=';
    } else {
        entry += '\n';
        for (unsigned shift = 0; shift < 64; shift += 8) {
            entry += static_cast<char>(value.size() >> shift & 0xff);
        }
    }
    entry += value;
    entry += '\n';
}

Prioritised take_priority(std::string_view line, int otherwise) {
    const bool said =
        line.size() >= 3 && line[0] == '<' && line[2] == '>' && line[1] >= '0' && line[1] <= '7';
    if (!said) return {otherwise, line};
    return {line[1] - '0', line.substr(3)};
}

JournaldEntry::JournaldEntry(const Origin& origin, std::uint64_t run, Stream stream,
                             std::int64_t realtime_ns)
    : priority_{stream == Stream::out ? information : warning} {
    const auto stamp = format_stamp(realtime_ns);
    append_field(common_, "SYSLOG_IDENTIFIER", origin.unit);
    append_field(common_, "SUPERD_UNIT", origin.unit);
    append_field(common_, "SUPERD_INSTANCE", std::to_string(origin.index));
    append_field(common_, "SUPERD_RUN", std::to_string(run));
    append_field(common_, "SUPERD_STREAM", to_string(stream));
    // The journal notes by itself whose process this is, as far as it may know.
    if (origin.pid > 0) append_field(common_, "OBJECT_PID", std::to_string(origin.pid));
    append_field(common_, "SUPERD_TIME", {stamp.data(), stamp.size()});
    if (origin.label.empty()) return;
    append_field(common_, "SUPERD_HOOK", origin.label);
    label_ = "[" + std::string{origin.label} + "] ";
}

std::string JournaldEntry::of(const Line& line) const {
    const auto [priority, text] = take_priority(line.text, priority_);
    std::string entry;
    entry.reserve(common_.size() + text.size() + 64);
    append_field(entry, "MESSAGE", label_ + std::string{text});
    append_field(entry, "PRIORITY", std::to_string(priority));
    if (line.partial) append_field(entry, "SUPERD_PARTIAL", "1");
    return entry + common_;
}

}  // namespace superd::logger
