// A socket's last close may wait for its peer (SO_LINGER), in whoever does it.
#pragma once

#include <sys/socket.h>

namespace superd::os {

// What is still to be sent is sent without us. A close that resets the connection ({1, 0}) does not
// wait and stays what it is, as does what is no socket.
inline void stop_lingering(int fd) noexcept {
    linger set{};
    socklen_t size = sizeof set;
    if (::getsockopt(fd, SOL_SOCKET, SO_LINGER, &set, &size) != 0) return;
    if (set.l_onoff == 0 || set.l_linger == 0) return;
    constexpr linger off{0, 0};
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off));
}

}  // namespace superd::os
