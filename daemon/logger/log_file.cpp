#include "logger/log_file.hpp"

#include "logger/rotation.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace superd::logger {

ssize_t Disk::write(int file, std::string_view bytes) {
    return ::write(file, bytes.data(), bytes.size());
}

std::string LogPath::current() const { return directory + '/' + std::to_string(index) + ".log"; }

bool valid_unit_name(std::string_view unit) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_.:-";
    return !unit.empty() && unit.size() <= 64 && !unit.starts_with('.') &&
           unit.find_first_not_of(allowed) == std::string_view::npos;
}

namespace {

// When the file was made; where the file system does not know, when it last changed.
std::int64_t birth_ns(int file) {
    struct statx info{};
    if (::statx(file, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &info) != 0) return 0;
    const auto& time = (info.stx_mask & STATX_BTIME) != 0 ? info.stx_btime : info.stx_mtime;
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<void> LogFile::open(const LogPath& path) {
    const std::string name = path.current();
    constexpr int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC;
    file_ = os::Fd{::open(name.c_str(), flags, 0640)};
    if (!file_ && errno == ENOENT) {
        if (::mkdir(path.directory.c_str(), 0750) != 0 && errno != EEXIST)
            return fail_errno(errno, "create " + path.directory);
        file_ = os::Fd{::open(name.c_str(), flags, 0640)};
    }
    if (!file_) return fail_errno(errno, "open " + name);
    created_ns_ = birth_ns(file_.get());
    char last = '\n';
    if (refresh_size() > 0 && ::pread(file_.get(), &last, 1, static_cast<off_t>(size_ - 1)) == 1 &&
        last != '\n' && ::write(file_.get(), "\n", 1) == 1)
        ++size_;
    return {};
}

std::uint64_t LogFile::refresh_size() {
    struct stat info{};
    if (::fstat(file_.get(), &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
    return size_;
}

Result<void> LogFile::append(std::string_view lines, Disk& disk) {
    std::string_view left = lines;
    while (!left.empty()) {
        const ssize_t written = disk.write(file_.get(), left);
        if (written < 0 && errno == EINTR) continue;
        if (written > 0) {
            left.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        const int error = written < 0 ? errno : ENOSPC;
        if (left.size() < lines.size() && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
            file_.reset();  // Opening it again completes the torn line.
        return fail_errno(error, "write a log file");
    }
    size_ += lines.size();
    return {};
}

Result<void> LogFile::rotate(const LogPath& path, std::uint32_t keep, std::int64_t realtime_ns) {
    const std::string current = path.current();
    const int renamed =
        keep == 0 ? ::unlink(current.c_str())
                  : ::rename(current.c_str(),
                             next_rotated_path(path.directory, path.index, realtime_ns).c_str());
    // Gone already: somebody else has rotated it.
    if (renamed != 0 && errno != ENOENT) return fail_errno(errno, "rotate " + current);
    file_.reset();
    return {};
}

}  // namespace superd::logger
