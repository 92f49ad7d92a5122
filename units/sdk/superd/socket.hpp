// A connection of the process and thread models: blocking, owned, aware of the drain.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <span>
#include <string_view>
#include <superd/slot.hpp>
#include <system_error>
#include <utility>

namespace superd {

// How long a connection that was just in use is kept open for its client's next request when the
// worker stops: it is then answered, with a word that the connection ends, instead of being cut
// off.
inline constexpr std::chrono::milliseconds drain_grace{500};

// Owns one connection. Used by one thread.
class Socket {
public:
    // Takes over `fd`. `slot`: whose signs of life are given while it waits; `stop_ns`: as in
    // superd_abi_host.
    Socket(int fd, Slot* slot, const volatile std::int64_t* stop_ns)
        : fd_{fd}, slot_{slot}, stop_ns_{stop_ns} {
        // So that a thread which waits for its client gives signs of life and sees a stop.
        const timeval look{.tv_sec = 0, .tv_usec = look_period.count() * 1000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
    }
    Socket(Socket&& other) noexcept
        : fd_{std::exchange(other.fd_, -1)}, slot_{other.slot_}, stop_ns_{other.stop_ns_} {}
    Socket& operator=(Socket&& other) noexcept {
        close();
        fd_ = std::exchange(other.fd_, -1);
        slot_ = other.slot_;
        stop_ns_ = other.stop_ns_;
        return *this;
    }
    ~Socket() { close(); }

    // For options and for calls of one's own; it stays the socket's.
    int fd() const noexcept { return fd_; }
    void close() noexcept {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

    // Waits for bytes and reads some. 0 at the end of the connection, when nothing came for
    // `idle_max` (0: for ever), or when the worker stops and nothing came for drain_grace. Throws
    // std::system_error.
    std::size_t read_some(std::span<char> buffer, std::chrono::milliseconds idle_max = {}) {
        if (slot_) slot_->waiting();
        std::chrono::milliseconds idle{};
        ssize_t count = 0;
        while ((count = ::recv(fd_, buffer.data(), buffer.size(), 0)) < 0 &&
               (errno == EAGAIN || errno == EINTR)) {
            if (errno == EINTR) continue;
            idle += look_period;
            if (slot_) slot_->beat();
            if (detail::load(stop_ns_) != 0 && idle >= drain_grace) return 0;
            if (idle_max.count() > 0 && idle >= idle_max) return 0;
        }
        if (slot_) slot_->resumed();
        if (count < 0) fail("read from a connection");
        return static_cast<std::size_t>(count);
    }

    // Writes all of it. Throws std::system_error.
    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("write to a connection");
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

private:
    [[noreturn]] static void fail(const char* what) {
        const int error = errno;
        throw std::system_error{error, std::system_category(), std::string{"cannot "} + what};
    }

    static constexpr std::chrono::milliseconds look_period{250};
    int fd_;
    Slot* slot_;
    const volatile std::int64_t* stop_ns_;
};

}  // namespace superd
