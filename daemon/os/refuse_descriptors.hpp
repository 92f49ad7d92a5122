// A Unix socket through which no descriptors come.
#pragma once

#include <sys/socket.h>

namespace superd::os {

// Whoever sends one is told EPERM. Those that come from a listening socket are as that is. Before
// Linux 6.16 it changes nothing.
inline void refuse_descriptors(int socket) noexcept {
    constexpr int so_passrights = 83;  // Newer than our headers.
    constexpr int off = 0;
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, so_passrights, &off, sizeof off));
}

}  // namespace superd::os
