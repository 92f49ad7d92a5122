#include "config/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>

namespace superd::config {

namespace {

using Parsed = std::expected<ListenAddress, std::string>;

constexpr std::string_view examples =
    "expected \"tcp://127.0.0.1:8080\", \"udp://127.0.0.1:8125\" or \"unix:/run/shop.sock\"";

bool is_literal(const std::string& host, int family) {
    in6_addr address{};  // Large enough for either.
    return ::inet_pton(family, host.c_str(), &address) == 1;
}

bool is_any(const std::string& host) { return host == "*" || host == "0.0.0.0" || host == "::"; }

Parsed parse_path(std::string_view text) {
    if (text.starts_with("//")) text.remove_prefix(2);
    ListenAddress address{
        .transport = Transport::unix_stream, .host = {}, .path = std::string{text}};
    if (!text.starts_with('/') || text.ends_with('/')) {
        return std::unexpected{"expected an absolute path after unix:, \"unix:/run/shop.sock\""};
    }
    if (text.size() >= sizeof(sockaddr_un::sun_path)) {
        return std::unexpected{"a socket's path has at most 107 bytes"};
    }
    return address;
}

Parsed parse_inet(Transport transport, std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos) return std::unexpected{"the port is missing; write it after a colon"};
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    ListenAddress address{.transport = transport, .host = std::string{host}, .path = {}};
    if (address.host == "localhost") address.host = "127.0.0.1";
    const bool v6 = is_literal(address.host, AF_INET6);
    if (v6 && !bracketed)
        return std::unexpected{"an IPv6 address stands in brackets: \"[::1]:80\""};
    if (!v6 && (bracketed || (address.host != "*" && !is_literal(address.host, AF_INET)))) {
        return std::unexpected{
            "expected an address such as 127.0.0.1, [::1], localhost, or * for all; other names "
            "are not looked up"};
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size() || address.port == 0) {
        return std::unexpected{"expected a port from 1 to 65535 after the last colon"};
    }
    return address;
}

}  // namespace

Parsed parse_listen_address(std::string_view text) {
    constexpr std::string_view tcp = "tcp://", udp = "udp://", path = "unix:";
    if (text.starts_with(tcp)) return parse_inet(Transport::tcp, text.substr(tcp.size()));
    if (text.starts_with(udp)) return parse_inet(Transport::udp, text.substr(udp.size()));
    if (text.starts_with(path)) return parse_path(text.substr(path.size()));
    return std::unexpected{std::string{examples}};
}

bool overlap(const ListenAddress& one, const ListenAddress& other) {
    if (one.transport != other.transport) return false;
    if (one.transport == Transport::unix_stream) return one.path == other.path;
    if (one.port != other.port) return false;
    if (one.host == other.host || one.host == "*" || other.host == "*") return true;
    const bool same_family = one.host.contains(':') == other.host.contains(':');
    return same_family && (is_any(one.host) || is_any(other.host));
}

}  // namespace superd::config
