#include "supervisor/journal.hpp"

#include "os/clock.hpp"
#include "os/file.hpp"
#include "wire/time.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace superd::supervisor {
namespace {

constexpr std::size_t file_read_max = 64u << 20;  // Whatever an earlier version allowed itself.

}  // namespace

Result<Journal> Journal::open(std::string directory, std::uint64_t bytes_max) {
    Journal journal{std::move(directory), bytes_max};
    if (auto opened = journal.reopen(); !opened) return std::unexpected{std::move(opened.error())};
    journal.each_line([&](std::string_view line) {
        const auto event = wire::parse_event(line);
        if (event) journal.next_seq_ = std::max(journal.next_seq_, event->seq + 1);
    });
    return journal;
}

Result<void> Journal::reopen() {
    const std::string path = newer();
    os::Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
    struct stat status{};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        const int error = errno;
        return fail_errno(error, "open " + path);
    }
    fd_ = std::move(fd);
    size_ = static_cast<std::uint64_t>(status.st_size);
    // A last line that was cut short is ended, so that the next one stands alone.
    char last = '\n';
    const bool read = size_ > 0 && ::pread(fd_.get(), &last, 1, status.st_size - 1) == 1;
    if (read && last != '\n') waiting_ = "\n";
    return {};
}

void Journal::each_line(const std::function<void(std::string_view)>& visit) const {
    for (const std::string& path : {older(), newer()}) {
        const auto text = os::read_file(path, file_read_max);
        if (!text) continue;
        std::string_view rest = *text;
        // What has no newline at its end was cut short.
        for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            if (end > 0) visit(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
    }
}

Journal::Past Journal::past(History& history) const {
    Past past;
    each_line([&](std::string_view line) {
        const auto event = wire::parse_event(line);
        if (!event) {
            ++past.damaged;
            return;
        }
        history.take(*event);
        if (event->kind == wire::EventKind::exit && event->run != 0) {
            past.exits[event->run] = {exit_status_of(*event),
                                      wire::parse_time(event->time).value_or(0), event->pid};
        }
    });
    return past;
}

void Journal::append(wire::Event event) {
    if (event.time.empty()) event.time = wire::format_time(os::realtime_now());
    event.seq = next_seq_++;
    kept_.push_back(wire::serialize(event));
}

Result<void> Journal::flush(const std::function<void(const std::string&)>& seen) {
    std::string text;
    for (const std::string& line : kept_) text.append(line).push_back('\n');
    const auto lines = std::exchange(kept_, {});
    Result<void> written;
    if (size_ > 0 && size_ + text.size() > bytes_max_ && waiting_.empty()) {
        if (before_loss_) before_loss_();
        // Without the rename, the file grows on: better than losing an exit. One that is not there
        // was renamed before, when a new one could not be made.
        const bool renamed = std::rename(newer().c_str(), older().c_str()) == 0;
        if (renamed || errno == ENOENT) written = reopen();
    }
    if (waiting_.size() + text.size() <= waiting_bytes_max) waiting_ += text;
    if (written) written = write_waiting();
    for (const std::string& line : lines) seen(line);
    return written;
}

Result<void> Journal::write_waiting() {
    while (!waiting_.empty()) {
        const ssize_t count = ::write(fd_.get(), waiting_.data(), waiting_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int error = errno;
            return fail_errno(error, "write " + newer());
        }
        size_ += static_cast<std::uint64_t>(count);
        waiting_.erase(0, static_cast<std::size_t>(count));
    }
    return {};
}

std::string Journal::since(std::int64_t realtime_ns,
                           const std::function<bool(const wire::Event&)>& wanted) const {
    std::string found;
    each_line([&](std::string_view line) {
        const auto event = wire::parse_event(line);
        if (!event || !wanted(*event)) return;
        if (realtime_ns > 0 && wire::parse_time(event->time).value_or(0) < realtime_ns) return;
        found.append(line).push_back('\n');
    });
    return found;
}

}  // namespace superd::supervisor
