#include "os/file.hpp"

#include "os/fd.hpp"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace superd::os {
namespace {

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int error = errno;
            return fail_errno(error, "write " + path);
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> write_new(const std::string& path, std::string_view text, mode_t mode) {
    const Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!fd) {
        const int error = errno;
        return fail_errno(error, "create " + path);
    }
    // Before a byte is in it, and free of the umask.
    if (::fchmod(fd.get(), mode) != 0) {
        const int error = errno;
        return fail_errno(error, "set the mode of " + path);
    }
    return write_all(fd.get(), text, path);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t size_max) {
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) {
        const int error = errno;
        return fail_errno(error, "open " + path);
    }
    std::string text;
    std::size_t used = 0;
    for (;;) {
        // One byte beyond the limit tells a file that just fits from one that does not.
        if (used == text.size())
            text.resize(std::min(std::max<std::size_t>(1024, used * 2), size_max + 1));
        const ssize_t count = ::read(fd.get(), text.data() + used, text.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int error = errno;
            return fail_errno(error, "read " + path);
        }
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > size_max) return fail(std::errc::file_too_large, "read " + path);
    }
    text.resize(used);
    return text;
}

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) {
    const std::string temporary = path + ".new";
    auto written = write_new(temporary, text, mode);
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
        const int error = errno;
        written = fail_errno(error, "rename " + temporary + " to " + path);
    }
    if (!written) ::unlink(temporary.c_str());
    return written;
}

}  // namespace superd::os
