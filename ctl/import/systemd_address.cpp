#include "ctl/import/systemd_address.hpp"

#include "ctl/import/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace superctl::importing {

namespace {

bool is_port(std::string_view digits) {
    constexpr std::int64_t port_max = 65'535;
    const auto number = parse_number(digits);
    return number && *number > 0 && *number <= port_max;
}

bool is_literal(const std::string& host, int family) {
    in6_addr address{};  // Large enough for either.
    return ::inet_pton(family, host.c_str(), &address) == 1;
}

bool is_host(std::string_view host) {
    const bool six = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    return six ? is_literal(std::string{host.substr(1, host.size() - 2)}, AF_INET6)
               : is_literal(std::string{host}, AF_INET);
}

bool is_any(std::string_view host) { return host == "0.0.0.0" || host == "[::]"; }

}  // namespace

std::string listen_address(std::string_view text, bool datagrams) {
    if (text.starts_with('/')) {
        const bool fits = !text.ends_with('/') && text.size() < sizeof(sockaddr_un::sun_path);
        return fits && !datagrams ? "unix:" + std::string{text} : "";
    }
    const std::string scheme = datagrams ? "udp://" : "tcp://";
    if (is_port(text)) return scheme + "*:" + std::string{text};
    const auto colon = text.rfind(':');
    if (colon == text.npos || !is_port(text.substr(colon + 1))) return {};
    if (!is_host(text.substr(0, colon))) return {};
    return scheme + std::string{text};
}

bool listen_at_the_same(std::string_view one, std::string_view other) {
    if (one == other) return true;
    constexpr std::size_t scheme = 6;  // "tcp://"
    const auto colon = one.rfind(':'), at = other.rfind(':');
    if (one.starts_with("unix:") || other.starts_with("unix:")) return false;
    if (one.substr(0, scheme) != other.substr(0, scheme)) return false;
    if (one.substr(colon) != other.substr(at)) return false;
    const auto host = one.substr(scheme, colon - scheme);
    const auto peer = other.substr(scheme, at - scheme);
    if (host == "*" || peer == "*") return true;
    return host.starts_with('[') == peer.starts_with('[') && (is_any(host) || is_any(peer));
}

}  // namespace superctl::importing
