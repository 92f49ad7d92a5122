// Reading stored lines back, from the current file and the rotated ones.
#pragma once

#include "logger/log_file.hpp"
#include "os/fd.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace superd::logger {

// Which lines are wanted.
struct LineFilter {
    std::string stream;    // Empty: all.
    std::string since;     // A stamp; empty: no lower bound.
    std::int32_t pid = 0;  // 0: all.
    bool everything() const { return stream.empty() && since.empty() && pid == 0; }
    bool accepts(std::string_view line) const;
};

// A stretch of one file.
struct Segment {
    std::string path;  // Used if `file` is empty; the file may have been compressed since.
    os::Fd file;
    bool compressed = false;
    std::uint64_t begin = 0;
    std::uint64_t end = UINT64_MAX;
    std::uint64_t skip = 0;  // Wanted lines at its front that are left out.
};

// Reads the bytes of one segment from the front, decompressed.
class SegmentReader;

// The wanted lines of some segments, oldest first; reads as far as it is asked.
class StoredLines {
public:
    StoredLines(std::deque<Segment> segments, LineFilter filter);
    StoredLines(StoredLines&&) noexcept;
    StoredLines& operator=(StoredLines&&) noexcept;
    ~StoredLines();

    // The next line with its newline, valid until the next call; empty at the
    // end. A line that has no newline yet is not given.
    std::string_view next();

private:
    bool next_segment();

    std::deque<Segment> segments_;
    LineFilter filter_;
    std::unique_ptr<SegmentReader> reader_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint64_t skip_ = 0;
};

// The rotated files of an instance, oldest first.
std::deque<Segment> rotated_segments(const LogPath& path);

// Shortens `segments` from the front, so that at most the last `lines` wanted
// lines are left.
std::deque<Segment> last_lines(std::deque<Segment> segments, const LineFilter& filter,
                               std::uint64_t lines);

}  // namespace superd::logger
