#include "os/socket.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace superd::os {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(std::errc::filename_too_long, "use " + path +
                                                      " as a socket (its path may have " +
                                                      std::to_string(sizeof address.sun_path - 1) +
                                                      " bytes; choose a shorter --runtime-dir)");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

Result<Fd> make_socket(SocketType type) {
    Fd fd{::socket(AF_UNIX, static_cast<int>(type) | SOCK_CLOEXEC, 0)};
    if (!fd) {
        const int error = errno;
        return fail_errno(error, "make a Unix socket");
    }
    return fd;
}

}  // namespace

Result<Fd> listen_unix(SocketType type, const std::string& path, mode_t mode) {
    const auto address = address_of(path);
    if (!address) return std::unexpected{address.error()};
    auto fd = make_socket(type);
    if (!fd) return fd;
    if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::chmod(path.c_str(), mode) != 0 ||
        (type != SocketType::datagram && ::listen(fd->get(), SOMAXCONN) != 0)) {
        const int error = errno;
        return fail_errno(error, "listen on " + path);
    }
    return fd;
}

Result<Fd> connect_unix(SocketType type, const std::string& path) {
    const auto address = address_of(path);
    if (!address) return std::unexpected{address.error()};
    auto fd = make_socket(type);
    if (!fd) return fd;
    int result = 0;
    do {
        result =
            ::connect(fd->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        const int error = errno;
        return fail_errno(error, "connect to " + path);
    }
    return fd;
}

Result<PacketPair> packet_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        const int error = errno;
        return fail_errno(error, "make a pair of sockets");
    }
    PacketPair pair{Fd{ends[0]}, Fd{ends[1]}};
    const int on = 1;
    const int flags = ::fcntl(ends[0], F_GETFL);
    if (::setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 || flags < 0 ||
        ::fcntl(ends[0], F_SETFL, flags | O_NONBLOCK) != 0) {
        const int error = errno;
        return fail_errno(error, "set up a pair of sockets");
    }
    return pair;
}

Result<PeerCredentials> peer_credentials(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        const int error = errno;
        return fail_errno(error, "read a peer's credentials");
    }
    return PeerCredentials{peer.pid, peer.uid, peer.gid};
}

}  // namespace superd::os
