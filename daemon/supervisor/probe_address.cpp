#include "supervisor/probe_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <optional>

namespace superd::supervisor {
namespace {

template <class Sockaddr>
Address to_address(const Sockaddr& specific, std::size_t length = sizeof(Sockaddr)) {
    Address address;
    std::memcpy(&address.storage, &specific, length);
    address.length = static_cast<socklen_t>(length);
    return address;
}

std::optional<Address> parse_literal(const std::string& host, std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return to_address(v4);

    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return to_address(v6);
    return std::nullopt;
}

std::optional<Address> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return to_address(address, offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

}  // namespace

std::expected<std::vector<Address>, std::string> probe_addresses(const config::Ready& ready) {
    std::vector<Address> addresses;
    if (ready.kind == config::ReadyKind::unix_socket) {
        const auto address = unix_address(ready.path);
        if (!address) return std::unexpected{"has a path longer than 107 bytes"};
        addresses.push_back(*address);
        return addresses;
    }
    const bool both = ready.host == "localhost";
    for (const char* host : {both ? "::1" : ready.host.c_str(), both ? "127.0.0.1" : ""}) {
        if (const auto address = parse_literal(host, ready.port)) addresses.push_back(*address);
    }
    if (addresses.empty()) return std::unexpected{"is no address literal"};
    return addresses;
}

bool connected_to_itself(int fd) {
    sockaddr_storage own{}, peer{};
    socklen_t own_length = sizeof own, peer_length = sizeof peer;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_length) < 0) return false;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_length) < 0) return false;
    if (own.ss_family != AF_INET && own.ss_family != AF_INET6) return false;
    if (own_length != peer_length || std::memcmp(&own, &peer, own_length) != 0) return false;
    const linger no_time_wait{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &no_time_wait, sizeof no_time_wait);
    return true;
}

}  // namespace superd::supervisor
