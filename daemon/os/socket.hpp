// Unix sockets by path.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"
#include "os/message.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <string>

namespace superd::os {

enum class SocketType : int {
    stream = SOCK_STREAM,
    datagram = SOCK_DGRAM,
    seqpacket = SOCK_SEQPACKET,
};

// A listening socket at `path` (a bound one, if it is a datagram socket) with
// the given mode. The path must not exist. Blocking, close-on-exec.
Result<Fd> listen_unix(SocketType type, const std::string& path, mode_t mode);

// A socket connected to `path`. Blocking, close-on-exec. It waits while the
// listener's queue is full.
Result<Fd> connect_unix(SocketType type, const std::string& path);

// Two connected ends that keep packets apart. Of what `near` receives the kernel tells the sender
// (os::Received), and it never waits; `far` does.
struct PacketPair {
    Fd near, far;
};
Result<PacketPair> packet_pair();

// Who is at the other end of a connected socket, as the kernel saw it when the
// connection was made.
struct PeerCredentials {
    pid_t pid = 0;
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
};
Result<PeerCredentials> peer_credentials(int socket);

}  // namespace superd::os
