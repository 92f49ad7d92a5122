#include "config/read_probe.hpp"

#include "config/instance_text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

namespace superd::config {

namespace {

using Cause = std::optional<std::string>;

bool is_host(const std::string& host) {
    in6_addr address{};  // Large enough for either.
    return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// "host:port" or "[v6]:port" → host and port. `standard_port` is used when none is written.
Cause split_address(std::string_view text, std::uint16_t standard_port, Ready& into) {
    std::string_view host = text.substr(0, text.rfind(':'));
    std::string_view port =
        host.size() == text.size() ? std::string_view{} : text.substr(host.size() + 1);
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return "the [ of the address is not closed";
        host = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(':')) return "expected a port after the ]";
        port = rest.empty() ? rest : rest.substr(1);
    } else if (host.contains(':')) {
        return "an IPv6 address stands in brackets: \"[::1]:80\"";
    }
    into.host = host;
    if (!is_host(into.host)) {
        return "expected an address such as 127.0.0.1, [::1] or localhost; other names are not "
               "looked up";
    }
    into.port = standard_port;
    if (port.empty() && standard_port != 0) return {};
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), into.port);
    if (error != std::errc{} || stop != port.data() + port.size() || into.port == 0) {
        return "expected a port from 1 to 65535 after the address: \"127.0.0.1:80\"";
    }
    return {};
}

Cause parse_http(std::string_view text, Ready& into) {
    constexpr std::string_view scheme = "http://";
    constexpr std::uint16_t standard_port = 80;
    constexpr std::size_t target_max = 2048;
    if (text.starts_with("https://")) return "only http:// can be asked; use tcp or exec for https";
    if (!text.starts_with(scheme))
        return "expected an address such as \"http://127.0.0.1:80/healthz\"";
    text.remove_prefix(scheme.size());
    const auto authority = text.substr(0, text.find_first_of("/?#"));
    if (authority.contains('@')) return "a name and password cannot be sent";
    into.path = text.substr(authority.size());
    if (into.path.contains('#')) return "a # and what follows is never sent; leave it out";
    if (!into.path.starts_with('/')) into.path.insert(0, 1, '/');
    const bool printable =
        std::ranges::all_of(into.path, [](char c) { return c > ' ' && c < '\x7F'; });
    if (!printable) return "write spaces and letters beyond ASCII as %20 and the like";
    if (into.path.size() > target_max) return "it is longer than 2048 bytes";
    return split_address(authority, standard_port, into);
}

Cause parse_unix(const std::string& text, Ready& into) {
    into.path = text;
    if (!text.starts_with('/')) return "expected an absolute path";
    if (text.size() >= sizeof(sockaddr_un::sun_path))
        return "a socket's path has at most 107 bytes";
    return {};
}

Cause parse_pattern(std::string text, Ready& into) {
    if (text.empty()) return "it is empty, so any line would do; use delay for that";
    RE2::Options options;
    options.set_log_errors(false);
    const RE2 pattern{text, options};
    if (!pattern.ok()) {
        // Without the part that is wrong: it may be what a variable says, which may be a secret.
        auto error = pattern.error();
        error.resize(std::min(error.size(), error.find(": ")));
        return fmt::format("this is no regular expression: {}", error);
    }
    into.pattern = std::move(text);
    return {};
}

}  // namespace

std::optional<std::string> parse_probe(ReadyKind kind, std::string text, Ready& into) {
    if (kind == ReadyKind::tcp) return split_address(text, 0, into);
    if (kind == ReadyKind::http) return parse_http(text, into);
    if (kind == ReadyKind::unix_socket) return parse_unix(text, into);
    return parse_pattern(std::move(text), into);
}

std::optional<std::string> parse_probes(ReadyKind kind, std::string text, std::uint32_t instances,
                                        Ready& into) {
    if (!text.contains(instance_mark)) return parse_probe(kind, std::move(text), into);
    for (std::uint32_t index = instances; index-- > 0;) {
        if (auto cause = parse_probe(kind, for_instance(text, index), into)) {
            return fmt::format("for instance {}: {}", index, *cause);
        }
    }
    into.open = std::move(text);
    return {};
}

}  // namespace superd::config
