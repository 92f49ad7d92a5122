#include "supervisor/pid_watch.hpp"

#include "os/file.hpp"
#include "os/process.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::size_t stat_max = 4096;

// The status of a process that its parent has not reaped yet.
std::optional<int> zombie_status(pid_t pid) {
    const auto text = os::read_file("/proc/" + std::to_string(pid) + "/stat", stat_max);
    if (!text) return std::nullopt;
    const auto name_end = text->rfind(')');
    if (name_end == std::string::npos || !text->substr(name_end).starts_with(") Z")) {
        return std::nullopt;
    }
    const auto last_space = text->find_last_of(' ');
    int status = 0;
    const char* const end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data() + last_space + 1, end, status);
    if (error != std::errc{}) return std::nullopt;
    return status;
}

// The kernel tells by pidfd once the process is reaped, and by /proc until then.
std::optional<int> status_of(pid_t pid, const os::Fd& pidfd) {
    if (const auto told = os::pidfd_exit_status(pidfd)) return told;
    if (const auto seen = zombie_status(pid)) return seen;
    return os::pidfd_exit_status(pidfd);
}

}  // namespace

PidWatch::PidWatch(const boost::asio::any_io_executor& executor, Handler handler)
    : epoll_{executor}, handler_{std::move(handler)} {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    epoll_.assign(fd);
}

void PidWatch::add(pid_t pid, os::Fd pidfd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = pid;
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, pidfd.get(), &event);
    const bool first = pidfds_.empty();
    pidfds_[pid] = std::move(pidfd);
    if (first) wait();
}

void PidWatch::wait() {
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                          if (!error) read();
                      });
}

void PidWatch::read() {
    std::array<epoll_event, 64> events;
    const int count =
        ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const pid_t pid = events[static_cast<std::size_t>(i)].data.fd;
        const auto found = pidfds_.find(pid);
        if (found == pidfds_.end()) continue;
        const os::Fd pidfd = std::move(found->second);
        pidfds_.erase(found);
        handler_(pid, status_of(pid, pidfd));
    }
    if (!pidfds_.empty()) wait();
}

}  // namespace superd::supervisor
