#include "os/fifo.hpp"

#include <sys/stat.h>

#include <fcntl.h>

#include <cerrno>

namespace superd::os {
namespace {

// What was in the way under that name may be anything, even a device that
// blocks, hence O_NONBLOCK until it is known to be a FIFO.
Result<Fd> open_fifo(const std::string& path, int flags) {
    Fd fd{::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!fd) {
        const int error = errno;
        return fail_errno(error, "open " + path);
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) {
        return fail(std::errc::not_supported, "use " + path + " as a FIFO (it is another file)");
    }
    return fd;
}

}  // namespace

Result<Fd> make_fifo(const std::string& path, uid_t owner, gid_t group) {
    if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) {
        const int error = errno;
        return fail_errno(error, "make the FIFO " + path);
    }
    auto fd = open_fifo(path, O_RDWR);
    if (!fd) return fd;
    const bool keep = owner == static_cast<uid_t>(-1) && group == static_cast<gid_t>(-1);
    if ((!keep && ::fchown(fd->get(), owner, group) != 0) ||
        ::fcntl(fd->get(), F_SETFL, O_RDWR) != 0) {
        const int error = errno;
        return fail_errno(error, "set up the FIFO " + path);
    }
    return fd;
}

Result<Fd> open_fifo_for_reading(const std::string& path) { return open_fifo(path, O_RDONLY); }

Result<std::size_t> set_fifo_size(const Fd& fifo, std::size_t bytes) {
    const int size = ::fcntl(fifo.get(), F_SETPIPE_SZ, static_cast<int>(bytes));
    if (size < 0) {
        const int error = errno;
        return fail_errno(error, "set a FIFO's size to " + std::to_string(bytes) + " bytes");
    }
    return static_cast<std::size_t>(size);
}

// tee(2) gives references to the same pages to a pipe of our own.
Result<std::size_t> peek_pipe(int pipe, std::span<char> bytes) {
    const auto refuse = [](const char* what) {
        const int error = errno;
        return fail_errno(error, what);
    };
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return refuse("make a pipe");
    const Fd reading{ends[0]}, writing{ends[1]};
    const ssize_t shared = ::tee(pipe, writing.get(), bytes.size(), SPLICE_F_NONBLOCK);
    if (shared < 0) return refuse("look into a pipe");
    if (shared == 0) return 0;
    const ssize_t size = ::read(reading.get(), bytes.data(), static_cast<std::size_t>(shared));
    if (size < 0) return refuse("read a pipe");
    return static_cast<std::size_t>(size);
}

}  // namespace superd::os
