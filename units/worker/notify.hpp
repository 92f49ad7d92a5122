// Messages to superd, as sd_notify(3) sends them.
#pragma once

#include "os/fd.hpp"

#include <sys/un.h>

#include <string_view>

namespace superd::worker {

// Tells nobody when NOTIFY_SOCKET is not set.
class Notifier {
public:
    // Opens a socket to what NOTIFY_SOCKET names.
    void open();
    // Sends a message, with a descriptor unless `fd` is -1. 0, or an errno. Any thread.
    int send(std::string_view message, int fd) const;

private:
    os::Fd socket_;
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

}  // namespace superd::worker
