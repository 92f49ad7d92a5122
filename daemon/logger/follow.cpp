#include "logger/follow.hpp"

#include "logger/merge.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace superd::logger {
namespace {

// So many rotated files behind, and their space stays taken though they are removed.
constexpr std::size_t behind_max = 64;
constexpr std::chrono::milliseconds client_check{2'000};
// Lines that come one by one are then sent some at a time.
constexpr timespec gather{0, 5'000'000};

bool same_file(const os::Fd& a, const os::Fd& b) {
    struct stat one{};
    struct stat other{};
    return ::fstat(a.get(), &one) == 0 && ::fstat(b.get(), &other) == 0 &&
           one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

}  // namespace

bool same_file(const os::Fd& file, const std::string& path) {
    const os::Fd now{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    return now && same_file(file, now);
}

void Follow::run(std::uint64_t lines) {
    send_history(follower_.wait_started(), lines);
    client_.flush();
    while (client_.connected()) {
        Follower::News news = follower_.wait(client_check);
        if (news.ended) return;
        const std::vector<std::uint64_t> sizes = news.sizes;
        take(std::move(news));
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (sources_[i].files.size() > behind_max) {
                client_.add("superd: this reader is too slow; what follows is left out\n");
                return;
            }
            read(sources_[i], sizes[i]);
        }
        client_.flush();
        ::nanosleep(&gather, nullptr);
    }
}

void Follow::send_history(std::vector<Follower::Start> starts, std::uint64_t lines) {
    std::vector<StoredLines> histories;
    for (Follower::Start& start : starts) {
        Source& source = sources_.emplace_back();
        std::deque<Segment> segments = std::move(start.rotated);
        if (start.current) {
            source.files.push_back(os::Fd{::fcntl(start.current.get(), F_DUPFD_CLOEXEC, 3)});
            source.position = start.size;
            Segment current;
            current.file = std::move(start.current);
            current.end = start.size;
            segments.push_back(std::move(current));
        }
        histories.emplace_back(last_lines(std::move(segments), filter_, lines), filter_);
    }
    Merge merge{std::move(histories)};
    for (auto line = merge.next(); !line.empty() && client_.alive(); line = merge.next()) add(line);
}

void Follow::take(Follower::News news) {
    for (Follower::Next& next : news.files) {
        if (next.source >= sources_.size()) continue;
        auto& files = sources_[next.source].files;
        // Closed and opened again, not rotated.
        if (!files.empty() && same_file(files.back(), next.file)) continue;
        files.push_back(std::move(next.file));
    }
}

void Follow::read(Source& source, std::uint64_t newest_size) {
    while (source.files.size() > 1) {
        source.position = read_file(source.files.front(), source.position, UINT64_MAX);
        source.files.pop_front();
        source.position = 0;
    }
    if (source.files.empty()) return;
    // Somebody else has truncated it.
    if (newest_size < source.position) source.position = 0;
    source.position = read_file(source.files.front(), source.position, newest_size);
}

// Sends the whole lines from `from` on; returns where the next one begins.
std::uint64_t Follow::read_file(const os::Fd& file, std::uint64_t from, std::uint64_t to) {
    std::string bytes;
    while (from + bytes.size() < to && client_.alive()) {
        const std::size_t kept = bytes.size();
        bytes.resize(kept + std::min<std::uint64_t>(64 * 1024, to - from - kept));
        const ssize_t got = ::pread(file.get(), bytes.data() + kept, bytes.size() - kept,
                                    static_cast<off_t>(from + kept));
        bytes.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        std::size_t at = 0;
        for (std::size_t newline = bytes.find('\n'); newline != std::string::npos;
             newline = bytes.find('\n', at)) {
            const std::string_view line{bytes.data() + at, newline + 1 - at};
            if (filter_.accepts(line)) add(line);
            at = newline + 1;
        }
        bytes.erase(0, at);
        from += at;
        if (got <= 0) break;
    }
    return from;
}

void Follow::add(std::string_view line) { json_ ? client_.add(as_json(line)) : client_.add(line); }

}  // namespace superd::logger
