#include "logger/foreground.hpp"

#include "os/clock.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace superd::logger {
namespace {

constexpr std::size_t shown_max = 2048;  // Bytes of one line; less than PIPE_BUF.
constexpr std::size_t width_max = 24;

bool is_regular_file(int descriptor) {
    struct stat info{};
    return ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

bool is_null_device(int descriptor) {
    struct stat info{};
    if (::fstat(descriptor, &info) != 0) return true;
    return S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(1, 3);
}

}  // namespace

Foreground::Foreground(int descriptor) {
    if (is_null_device(descriptor)) return;
    descriptor_ = descriptor;
    colour_ = ::isatty(descriptor) == 1;
    // A file never blocks; and a second open file has an offset of its own, so
    // each would write over the other (`superd >out.txt`).
    if (is_regular_file(descriptor)) return;
    // O_NONBLOCK on the inherited one would change superd's and the shell's too.
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    own_ = os::Fd{::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (own_) descriptor_ = own_.get();
}

void Foreground::add_name(const Origin& origin, Stream stream) {
    std::string name{origin.unit};
    name += '/';
    name += std::to_string(origin.index);
    if (colour_) {
        const std::size_t hue = std::hash<std::string_view>{}(origin.unit) % 6;
        text_ += "\x1b[3" + std::to_string(hue + 1) + 'm';
        width_ = std::min(std::max(width_, name.size()), width_max);
    }
    text_ += name;
    if (colour_) {
        text_.append(width_ - std::min(width_, name.size()), ' ');
        text_ += "\x1b[0m";
    }
    text_ += stream == Stream::err ? " ! " : " | ";
    if (!origin.label.empty()) text_.append("[").append(origin.label).append("] ");
}

void Foreground::add_json(const Formatter& formatter, const Line& line, Buffer& buffer) {
    buffer.clear();
    (void)formatter.append(line, buffer);
    text_ += buffer.view();
}

void Foreground::copy(const Origin& origin, Stream stream, std::string_view bytes, Format format) {
    if (!enabled()) return;
    const std::int64_t now = os::realtime_now();
    // A byte becomes at most the six of \u00HH, and the rest is short. No memory until it is used.
    Buffer buffer{line_max * 6 + 4096};
    const Formatter formatter{Format::json, origin, stream, now};
    LineCutter cutter{bytes, Rest::line};
    bool room = flush();
    while (const auto line = cutter.next()) {
        if (!room) {
            ++dropped_;
            continue;
        }
        if (dropped_ > 0 && format == Format::json) {
            const std::string note = std::to_string(std::exchange(dropped_, 0)) +
                                     " lines are not shown: nobody reads fast enough";
            add_json(Formatter{Format::json, origin, Stream::superd, now}, {note, false}, buffer);
        } else if (dropped_ > 0) {
            add_name(origin, Stream::superd);
            text_ += "superd: " + std::to_string(std::exchange(dropped_, 0)) +
                     " lines are not shown: nobody reads fast enough\n";
        }
        if (format == Format::json) {
            add_json(formatter, *line, buffer);
        } else {
            add_name(origin, stream);
            text_ += printable(line->text, shown_max);
            text_ += '\n';
        }
        if (text_.size() >= PIPE_BUF) room = flush();
    }
    flush();
}

// Writes whole lines, at most PIPE_BUF at a time, so that they stay whole between
// those of others; false if there was no room for all.
bool Foreground::flush() {
    while (!text_.empty()) {
        std::size_t size = std::min<std::size_t>(text_.size(), PIPE_BUF);
        if (size < text_.size()) size = text_.rfind('\n', size - 1) + 1;
        if (size == 0) size = std::min<std::size_t>(text_.size(), PIPE_BUF);
        pollfd state{descriptor_, POLLOUT, 0};
        if (::poll(&state, 1, 0) != 1) return false;
        const ssize_t written = ::write(descriptor_, text_.data(), size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return false;
        if (written <= 0) {
            descriptor_ = -1;  // Nobody is there any more.
            std::string{}.swap(text_);
            return true;
        }
        text_.erase(0, static_cast<std::size_t>(written));
    }
    if (text_.capacity() > 4 * PIPE_BUF) std::string{}.swap(text_);
    return true;
}

}  // namespace superd::logger
