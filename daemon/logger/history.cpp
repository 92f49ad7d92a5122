#include "logger/history.hpp"

#include "logger/format.hpp"
#include "logger/rotation.hpp"
#include "logger/segment_reader.hpp"

#include <sys/stat.h>

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace superd::logger {

bool LineFilter::accepts(std::string_view line) const {
    if (everything()) return true;
    const auto head = parse_head(line);
    if (!head) return false;
    return (stream.empty() || head->stream == stream) && (since.empty() || head->stamp >= since) &&
           (pid == 0 || head->pid == pid);
}

StoredLines::StoredLines(std::deque<Segment> segments, LineFilter filter)
    : segments_{std::move(segments)}, filter_{std::move(filter)} {}
StoredLines::StoredLines(StoredLines&&) noexcept = default;
StoredLines& StoredLines::operator=(StoredLines&&) noexcept = default;
StoredLines::~StoredLines() = default;

bool StoredLines::next_segment() {
    reader_.reset();
    buffer_.clear();
    at_ = 0;
    if (segments_.empty()) {
        buffer_.shrink_to_fit();
        return false;
    }
    skip_ = segments_.front().skip;
    reader_ = std::make_unique<SegmentReader>(std::move(segments_.front()));
    segments_.pop_front();
    return true;
}

std::string_view StoredLines::next() {
    for (;;) {
        const std::size_t newline = reader_ ? buffer_.find('\n', at_) : std::string::npos;
        if (newline == std::string::npos) {
            buffer_.erase(0, at_);
            at_ = 0;
            if ((!reader_ || !reader_->read(buffer_)) && !next_segment()) return {};
            continue;
        }
        const std::string_view line{buffer_.data() + at_, newline + 1 - at_};
        at_ = newline + 1;
        if (!filter_.accepts(line)) continue;
        if (skip_ > 0) {
            --skip_;
            continue;
        }
        return line;
    }
}

std::deque<Segment> rotated_segments(const LogPath& path) {
    std::deque<Segment> segments;
    for (Rotated& file : list_rotated(path.directory, path.index)) {
        Segment segment;
        segment.path = std::move(file.path);
        segment.compressed = file.compressed;
        segments.push_back(std::move(segment));
    }
    return segments;
}

namespace {

struct Count {
    std::uint64_t lines = 0;
    bool older = false;  // Lines before `since` were met: none before them is wanted.
};

// Counts wanted lines from the end of `bytes`, whole lines that lie at `offset` of
// the segment's file, and takes off `bytes` what it has seen.
void count_chunk(std::string_view& bytes, std::uint64_t offset, Segment& segment,
                 const LineFilter& filter, std::uint64_t lines, Count& count) {
    while (!bytes.empty() && count.lines < lines && !count.older) {
        const std::size_t previous =
            bytes.size() < 2 ? std::string_view::npos : bytes.rfind('\n', bytes.size() - 2);
        // Where the first line of a chunk begins is known only at the file's front.
        if (previous == std::string_view::npos && offset != 0) return;
        const std::size_t start = previous == std::string_view::npos ? 0 : previous + 1;
        const std::string_view line = bytes.substr(start);
        if (filter.accepts(line)) {
            ++count.lines;
            segment.begin = offset + start;
        } else if (!filter.since.empty()) {
            const auto head = parse_head(line);
            count.older = head && head->stamp < filter.since;
        }
        bytes = bytes.substr(0, start);
    }
}

// Counts the wanted lines of a file from its end, and stops at the `lines`th.
// Moves the segment's begin to the first line counted.
Count count_backwards(Segment& segment, const LineFilter& filter, std::uint64_t lines) {
    Count count;
    struct stat info{};
    if (::fstat(segment.file.get(), &info) != 0) return count;
    segment.end = std::min(segment.end, static_cast<std::uint64_t>(info.st_size));
    segment.begin = segment.end;
    std::uint64_t end = segment.end;  // From here on all is counted.
    std::uint64_t chunk = 16 * 1024;
    std::string bytes;
    while (end > 0 && count.lines < lines && !count.older) {
        const std::uint64_t begin = end - std::min(chunk, end);
        bytes.resize(end - begin);
        const ssize_t got =
            ::pread(segment.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(begin));
        if (got != static_cast<ssize_t>(bytes.size())) break;
        std::string_view left{bytes};
        // Only at the end of the file can there be a line without its newline.
        left = left.substr(0, left.rfind('\n') + 1);
        const std::size_t whole = left.size();
        count_chunk(left, begin, segment, filter, lines, count);
        if (begin == 0) break;
        if (left.size() < whole || whole == 0) end = begin + left.size();
        chunk = left.size() == whole ? chunk * 2 : std::uint64_t{64} * 1024;
    }
    return count;
}

// Counts all wanted lines of a compressed file.
std::uint64_t count_all(const Segment& segment, const LineFilter& filter) {
    std::deque<Segment> alone;
    Segment copy;
    copy.path = segment.path;
    copy.compressed = true;
    alone.push_back(std::move(copy));
    StoredLines lines{std::move(alone), filter};
    std::uint64_t counted = 0;
    while (!lines.next().empty()) ++counted;
    return counted;
}

}  // namespace

std::deque<Segment> last_lines(std::deque<Segment> segments, const LineFilter& filter,
                               std::uint64_t lines) {
    std::deque<Segment> chosen;
    while (!segments.empty() && lines > 0) {
        Segment segment = std::move(segments.back());
        segments.pop_back();
        if (!open_segment(segment)) continue;
        Count count;
        if (segment.compressed) {
            count.lines = count_all(segment, filter);
            segment.skip = count.lines - std::min(count.lines, lines);
        } else {
            count = count_backwards(segment, filter, lines);
        }
        lines -= std::min(count.lines, lines);
        chosen.push_front(std::move(segment));
        if (count.older) break;
    }
    return chosen;
}

}  // namespace superd::logger
