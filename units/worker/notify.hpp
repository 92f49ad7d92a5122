// Messages to superd, as sd_notify(3) sends them.
#pragma once

#include "os/fd.hpp"

#include <sys/un.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace superd::worker {

// Tells nobody when NOTIFY_SOCKET is not set. What is said but once is kept while superd does not
// listen, and the last status with it, and said again until it does: the superd that comes next
// takes the worker over as it was told of.
class Notifier {
public:
    using Log = void (*)(int level, std::string_view text);

    explicit Notifier(Log log) : log_{log} {}
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();

    // Opens a socket to what NOTIFY_SOCKET names.
    void open();
    // Sends a message, with a descriptor unless `fd` is -1. 0: it is sent, or kept; or an errno.
    // Any thread.
    int send(std::string_view message, int fd);

private:
    struct Kept {
        std::string message;
        os::Fd fd;
    };
    int send_now(std::string_view message, int fd, int flags) const;
    int keep(std::string_view message, int fd);
    int begin_to_deliver();
    void deliver();
    bool deliver_first();

    Log log_;
    os::Fd socket_;
    sockaddr_un address_{};
    socklen_t size_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Kept> kept_;
    bool closed_ = false;
    std::thread deliverer_;  // Begun when something is kept first.
};

}  // namespace superd::worker
