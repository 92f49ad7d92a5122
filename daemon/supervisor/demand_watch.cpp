#include "supervisor/demand_watch.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace superd::supervisor {

DemandWatch::DemandWatch(const boost::asio::any_io_executor& executor, Callback callback)
    : epoll_{executor}, callback_{std::move(callback)} {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    epoll_.assign(fd);
}

// One event each time: what is there stays there until somebody accepts it.
void DemandWatch::watch(core::UnitId unit, const os::Fd& socket) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = unit;
    const int epoll = epoll_.native_handle();
    const bool known =
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket.get(), &event) != 0 && errno == EEXIST;
    if (known) ::epoll_ctl(epoll, EPOLL_CTL_MOD, socket.get(), &event);
    if (!std::exchange(waiting_, true)) wait();
}

void DemandWatch::wait() {
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                          if (error) return;
                          read();
                          wait();
                      });
}

void DemandWatch::read() {
    std::array<epoll_event, 64> events;
    const int count =
        ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        // One that is given up hangs up, and is readable too.
        const bool wanted = (event.events & EPOLLIN) != 0 && (event.events & EPOLLHUP) == 0;
        if (wanted) callback_(static_cast<core::UnitId>(event.data.u64));
    }
}

}  // namespace superd::supervisor
