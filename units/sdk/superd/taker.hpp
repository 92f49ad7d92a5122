// How one thread of several takes connections.
#pragma once

#include <sys/epoll.h>

#include <superd/context.hpp>

namespace superd::detail {

// Owns a descriptor. Throws std::system_error when there is none.
struct Descriptor {
    explicit Descriptor(int fd_) : fd{fd_} {
        if (fd < 0) throw std::system_error{errno, std::system_category(), "cannot begin to wait"};
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(fd); }
    int fd;
};

// One of the threads is woken for each connection.
class Taker {
public:
    explicit Taker(Context& context) : context_{context}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        for (const auto& listener : context.listeners())
            if (listener.stream) watch(listener.fd, EPOLLIN | EPOLLEXCLUSIVE);
        watch(context.host().stop_fd, EPOLLIN);
    }

    // The next connection; gives signs of life while there is none. Nothing once the worker stops
    // and no more wait.
    std::optional<Socket> next(Slot& slot) {
        for (;;) {
            const bool last = context_.stopping();
            for (const auto& listener : context_.listeners()) {
                if (!listener.stream) continue;
                const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
                if (fd >= 0) return Socket{fd, &slot, context_.host().stop_ns};
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) pause(slot);
            }
            if (last) return std::nullopt;
            slot.beat();
            epoll_event event;
            ::epoll_wait(epoll_.fd, &event, 1, 500);
        }
    }

private:
    void watch(int fd, std::uint32_t events) {
        epoll_event event{.events = events, .data = {.fd = fd}};
        if (::epoll_ctl(epoll_.fd, EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::system_error{errno, std::system_category(), "cannot watch a listener"};
    }

    // Out of descriptors or memory: that passes.
    void pause(Slot& slot) {
        slot.beat();
        pollfd stop{context_.host().stop_fd, POLLIN, 0};
        ::poll(&stop, 1, 100);
    }

    Context& context_;
    Descriptor epoll_;
};

}  // namespace superd::detail
