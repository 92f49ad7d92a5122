// Ownership of one file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace superd::os {

// Owns one file descriptor. Empty is -1. Closes on destruction and ignores
// close()'s error: on Linux the descriptor is gone whatever close() returns,
// so a retry could close one that another coroutine has just been given.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{other.release()} {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = other.release();
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    explicit operator bool() const noexcept { return fd_ >= 0; }
    int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset() noexcept {
        if (const int fd = release(); fd >= 0) ::close(fd);
    }

private:
    int fd_ = -1;
};

}  // namespace superd::os
