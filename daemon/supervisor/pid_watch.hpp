// The ends of processes that are not the keeper's children: those that outlived
// an earlier keeper.
#pragma once

#include "os/fd.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::supervisor {

// All pidfds in one epoll(7) descriptor. There are none in ordinary life.
class PidWatch {
public:
    // `status`: as of wait(2), if the kernel can tell. The pid is not watched any more.
    using Handler = std::function<void(pid_t pid, std::optional<int> status)>;

    PidWatch(const boost::asio::any_io_executor& executor, Handler handler);

    void add(pid_t pid, os::Fd pidfd);
    bool watches(pid_t pid) const { return pidfds_.contains(pid); }

private:
    void wait();
    void read();

    boost::asio::posix::stream_descriptor epoll_;
    Handler handler_;
    std::unordered_map<pid_t, os::Fd> pidfds_;
};

}  // namespace superd::supervisor
