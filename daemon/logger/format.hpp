// How a line looks in a log file, on a terminal and in a status.
#pragma once

#include "logger/buffer.hpp"
#include "logger/line.hpp"
#include "logger/protocol.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superd::logger {

// The two streams of a service, and superd's own remarks in its log.
enum class Stream : std::uint8_t { out, err, superd };

// "out", "err" or "superd".
std::string_view to_string(Stream stream);

// Whose line it is.
struct Origin {
    std::string_view unit;
    std::uint32_t index = 0;
    std::int32_t pid = 0;
    std::string_view label = {};  // "pre-start": a hook of it; shown before the text.
};

inline constexpr std::size_t stamp_size = 27;  // 2026-11-23T21:15:00.123456Z

// A time of CLOCK_REALTIME in nanoseconds as RFC 3339 in UTC with microseconds.
std::array<char, stamp_size> format_stamp(std::int64_t realtime_ns);

// Formats the lines of one batch. All of them carry the stamp of the batch, so
// what comes before a line's text is made once.
//
// Text:  2026-11-23T21:15:00.123456Z web/0[1234] out: the text
// JSON:  {"time":"…","service":"web","instance":0,"pid":1234,"stream":"out","message":"…"}
//
// A piece of a long line has `out+:`, in JSON a "partial":true before the
// message. Text keeps the bytes of the service as they are; JSON escapes
// control characters and has U+FFFD for what is not UTF-8.
class Formatter {
public:
    Formatter(Format format, const Origin& origin, Stream stream, std::int64_t realtime_ns);

    // Appends the line with its newline; false if there is no room for it.
    bool append(const Line& line, Buffer& out) const;

private:
    Format format_;
    std::string whole_;    // What precedes the text of a whole line.
    std::string partial_;  // ... and that of a piece.
};

// Appends `text` as the inside of a JSON string.
void append_json(std::string_view text, Buffer& out);
// The same, to a string.
std::string to_json(std::string_view text);

// `text` with control characters as \xHH and tabs kept, cut to `most` bytes: safe
// to show on a terminal.
std::string printable(std::string_view text, std::size_t most);

// A line as stored, taken apart. The views are into the line, but `message` of
// a JSON line is a copy with the escapes undone.
struct StoredLine {
    std::string_view stamp;
    std::string_view unit;
    std::uint32_t index = 0;
    std::int32_t pid = 0;
    std::string_view stream;
    bool partial = false;
    std::string_view message;
    std::string unescaped;  // What `message` of a JSON line views.
};

// Only what is needed to choose lines and to merge them. Stamps sort as text.
struct StoredHead {
    std::string_view stamp;
    std::string_view stream;
    std::int32_t pid = 0;
};
std::optional<StoredHead> parse_head(std::string_view line);

// Takes a whole line apart; none if superd's logger did not write it.
bool parse_stored(std::string_view line, StoredLine& parsed);

}  // namespace superd::logger
