#include "logger/peek.hpp"

#include <sys/ioctl.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace superd::logger {

Result<Peeker> Peeker::create() {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
    Peeker peeker;
    peeker.read_end_ = os::Fd{ends[0]};
    peeker.write_end_ = os::Fd{ends[1]};
    // Refused beyond a user's pipe-user-pages-soft: then a peek shows less at a time.
    ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(bytes_max));
    peeker.buffer_ = std::make_unique<Buffer>(bytes_max);
    return peeker;
}

std::string_view Peeker::peek(int fifo) {
    const ssize_t shared = ::tee(fifo, write_end_.get(), bytes_max, SPLICE_F_NONBLOCK);
    if (shared <= 0) return {};
    const auto size = static_cast<std::size_t>(shared);
    std::size_t got = 0;
    while (got < size) {
        const ssize_t more = ::read(read_end_.get(), buffer_->data() + got, size - got);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) break;
        got += static_cast<std::size_t>(more);
    }
    return {buffer_->data(), got};
}

std::size_t waiting_bytes(int fifo) {
    int bytes = 0;
    return ::ioctl(fifo, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t pipe_capacity(int fifo) {
    const int bytes = ::fcntl(fifo, F_GETPIPE_SZ);
    return bytes > 0 ? static_cast<std::size_t>(bytes) : 4096;
}

bool pipe_full(int fifo) {
    // Each page holds a byte or more. This spares most pipes the poll, of which see
    // fifo_watch.hpp.
    constexpr std::size_t page = 4096;
    if (waiting_bytes(fifo) < pipe_capacity(fifo) / page) return false;
    pollfd state{fifo, POLLOUT, 0};
    return ::poll(&state, 1, 0) == 0;
}

std::size_t discard(int fifo, std::size_t bytes, int dev_null) {
    std::size_t gone = 0;
    while (gone < bytes) {
        const ssize_t more =
            ::splice(fifo, nullptr, dev_null, nullptr, bytes - gone, SPLICE_F_NONBLOCK);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) break;
        gone += static_cast<std::size_t>(more);
    }
    return gone;
}

}  // namespace superd::logger
