// Descriptors that somebody else sent. How long their close takes is up to him: a socket may wait
// for its peer, a file of FUSE for his own process, and a Unix socket has others in its queue.
#pragma once

#include "os/fd.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace superd::os {

// Closes them without waiting. A pipe is closed when this returns, as that answers BARRIER=1 of
// sd_notify(3) and never waits; what may wait is closed by a thread made for it, a moment later.
void close_foreign(std::vector<Fd> fds);
void close_foreign(Fd fd);

// Owns some, and closes them so.
class ForeignFds {
public:
    ForeignFds() = default;
    ForeignFds(ForeignFds&& other) noexcept : fds_{std::exchange(other.fds_, {})} {}
    ForeignFds& operator=(ForeignFds&& other) noexcept {
        if (this != &other) close_foreign(std::exchange(fds_, std::exchange(other.fds_, {})));
        return *this;
    }
    ForeignFds(const ForeignFds&) = delete;
    ForeignFds& operator=(const ForeignFds&) = delete;
    ~ForeignFds() { close_foreign(std::move(fds_)); }

    void add(Fd fd) { fds_.push_back(std::move(fd)); }
    std::size_t size() const { return fds_.size(); }
    bool empty() const { return fds_.empty(); }
    const Fd& operator[](std::size_t i) const { return fds_[i]; }
    const Fd& back() const { return fds_.back(); }
    // Whoever takes one closes it by close_foreign.
    Fd take(std::size_t i) { return std::move(fds_[i]); }

private:
    std::vector<Fd> fds_;
};

}  // namespace superd::os
