// A socket that superctl owns.
#pragma once

#include <unistd.h>

#include <utility>

namespace superctl {

class Socket {
public:
    explicit Socket(int fd) : fd_{fd} {}
    Socket(Socket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Socket& operator=(Socket&&) = delete;
    Socket(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace superctl
