// Listening sockets: opened, looked at, and, where several share an address, chosen among.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace superd::os {

// Where a socket listens.
struct Endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
    int type = SOCK_STREAM;
    bool v6_only = true;  // False: for addresses of IPv4, too.
    bool is_path() const { return address.ss_family == AF_UNIX; }
};
// `host` is a literal, or "*" for every address of both kinds.
std::optional<Endpoint> inet_endpoint(int type, const std::string& host, std::uint16_t port);
std::optional<Endpoint> path_endpoint(const std::string& path);

struct ListenOptions {
    int backlog = 4096;
    bool nodelay = true;    // tcp, as is this:
    bool deferred = false;  // Accepted once its client has sent something, or after a second.
    mode_t mode = 0660;     // Of a path, as are these.
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
};

// A bound and, unless it takes datagrams, listening socket; blocking, close-on-exec. Other
// sockets of this user may join the address (SO_REUSEPORT). `alone`: but none has so far, else it
// is in use. The file of a socket that nobody listens at any more is replaced.
Result<Fd> listen_at(const Endpoint& endpoint, const ListenOptions& options, bool alone);

// What may be changed while it listens.
void set_options(const Fd& socket, const Endpoint& endpoint, const ListenOptions& options);

// False: somebody has shut it down, or it is none.
bool listens_at(int socket, const Endpoint& endpoint);

// The address is given up. `for_all`: whoever else has the socket cannot accept from it any more,
// and it leaves its group of sockets at once; else they may go on.
void end_listening(const Fd& socket, const Endpoint& endpoint, bool for_all);

// How many connections wait to be accepted, and how many may. Empty: the kernel does not tell.
struct Queue {
    std::uint32_t waiting = 0, limit = 0;
};
std::optional<Queue> accept_queue(const Fd& socket);

// Sends new connections to these members of the socket's group alone, by their places in it.
// None: to all, as the kernel sees fit.
Result<void> steer(const Fd& socket, std::span<const std::uint16_t> open);

// How many connections made there are not ended yet, whoever has them.
std::size_t connections_at(const Endpoint& endpoint);

// Who listens there, as far as /proc shows it to us.
struct SocketOwner {
    pid_t pid = 0;
    std::string name;
};
std::optional<SocketOwner> owner_of(const Endpoint& endpoint);

}  // namespace superd::os
