// The copy of all lines on superd's own standard output.
#pragma once

#include "logger/format.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <string>

namespace superd::logger {

// Writes `web/0 | text`, and `web/0 ! text` for stderr, or, for programs that collect the output of
// containers, each line as a JSON object, as log files have it. It never waits for whoever
// reads: what does not fit is dropped, counted and told when there is room again.
class Foreground {
public:
    // A copy to `descriptor`, which stays the caller's. None if it is /dev/null.
    explicit Foreground(int descriptor);

    bool enabled() const { return descriptor_ >= 0; }
    // Copies the lines of `bytes` as far as they are complete; the rest as a line too.
    void copy(const Origin& origin, Stream stream, std::string_view bytes,
              Format format = Format::text);

private:
    void add_json(const Formatter& formatter, const Line& line, Buffer& buffer);
    void add_name(const Origin& origin, Stream stream);
    bool flush();

    int descriptor_ = -1;
    os::Fd own_;  // Opened anew, so that it alone is non-blocking.
    bool colour_ = false;
    std::size_t width_ = 0;  // Of the longest name so far.
    std::string text_;       // Not written yet; whole lines.
    std::uint64_t dropped_ = 0;
};

}  // namespace superd::logger
