#include "config/read_unit.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

namespace superd::config {

namespace {

struct Kind {
    std::string_view path;
    ReadyKind kind;
};
constexpr std::array kinds{
    Kind{"ready.notify", ReadyKind::notify}, Kind{"ready.fd", ReadyKind::fd},
    Kind{"ready.tcp", ReadyKind::tcp},       Kind{"ready.unix", ReadyKind::unix_socket},
    Kind{"ready.http", ReadyKind::http},     Kind{"ready.exec", ReadyKind::exec},
    Kind{"ready.log", ReadyKind::log},       Kind{"ready.delay", ReadyKind::delay}};

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
    if (!pattern.ok()) return fmt::format("this is no regular expression: {}", pattern.error());
    into.pattern = std::move(text);
    return {};
}

// Reports all but one kind. Returns the first; none if there is none at all.
const Kind* chosen_kind(const Fields& fields, const core::UnitSpec& spec) {
    const Kind* chosen = nullptr;
    std::vector<const Kind*> given;
    for (const auto& kind : kinds) {
        if (fields.given(kind.path)) given.push_back(&kind);
    }
    std::ranges::sort(given, {}, [&](const Kind* kind) {
        const auto at = fields.position(kind->path);
        return std::pair{at.line, at.column};
    });
    for (const auto* kind : given) {
        if (chosen == nullptr) {
            chosen = kind;
        } else {
            fields.report().add(
                fields.position(kind->path),
                fmt::format("cannot use {}: {} is there already; a unit is ready in "
                            "one way only",
                            kind->path, chosen->path));
        }
    }
    for (const auto path : {"ready.timeout", "ready.every"}) {
        if (chosen != nullptr || !fields.given(path)) continue;
        fields.report().add(fields.position(path),
                            fmt::format("cannot use {}: nothing says when the unit is ready; add "
                                        "one of notify, fd, tcp, unix, http, exec, log or delay",
                                        path));
    }
    if (chosen != nullptr && spec.type == core::UnitType::oneshot) {
        fields.report().add(
            fields.position(chosen->path),
            fmt::format("cannot use {}: a oneshot is never ready, it completes", chosen->path));
    }
    return chosen;
}

void check_times(const Fields& fields, const Kind& kind, const Ready& ready,
                 const core::UnitSpec& spec) {
    const bool probed = kind.kind == ReadyKind::tcp || kind.kind == ReadyKind::unix_socket ||
                        kind.kind == ReadyKind::http || kind.kind == ReadyKind::exec;
    if (const auto* every = fields.value("ready.every"); every != nullptr && !probed) {
        fields.refuse("ready.every", *every,
                      fmt::format("{} is not asked again and again; only tcp, unix, http and exec "
                                  "are",
                                  kind.path));
    }
    if (kind.kind == ReadyKind::delay && ready.delay >= spec.ready_timeout) {
        fields.refuse(kind.path, *fields.value(kind.path),
                      fmt::format("it is not shorter than ready.timeout (\"{}\"); set that too",
                                  to_text(spec.ready_timeout)));
    }
}

Cause parse_text(ReadyKind kind, std::string text, Ready& into) {
    if (kind == ReadyKind::tcp) return split_address(text, 0, into);
    if (kind == ReadyKind::http) return parse_http(text, into);
    if (kind == ReadyKind::unix_socket) return parse_unix(text, into);
    return parse_pattern(std::move(text), into);
}

}  // namespace

std::unique_ptr<Ready> read_ready(const Fields& fields, Environment& environment,
                                  Programs& programs, core::UnitSpec& spec) {
    fields.read("ready.timeout", spec.ready_timeout);
    const auto* kind = chosen_kind(fields, spec);
    if (kind == nullptr) return {};
    auto ready = std::make_unique<Ready>();
    ready->kind = kind->kind;
    spec.awaits_ready = true;
    fields.read("ready.every", ready->every);
    const auto* value = fields.value(kind->path);
    if (value == nullptr) return ready;
    switch (kind->kind) {
        case ReadyKind::none: break;
        case ReadyKind::notify:
            ready->notify_from_tree = value->as<std::string>() != nullptr;
            break;
        case ReadyKind::fd: fields.read(kind->path, ready->fd); break;
        case ReadyKind::delay: fields.read(kind->path, ready->delay); break;
        case ReadyKind::exec:
            ready->argv = read_argv(fields, kind->path, environment, programs);
            break;
        case ReadyKind::tcp:
        case ReadyKind::unix_socket:
        case ReadyKind::http:
        case ReadyKind::log: {
            auto text = environment.expand(*value->as<std::string>());
            const auto cause =
                text ? parse_text(kind->kind, std::move(*text), *ready) : Cause{text.error()};
            if (cause) fields.refuse(kind->path, *value, *cause);
            break;
        }
    }
    check_times(fields, *kind, *ready, spec);
    return ready;
}

}  // namespace superd::config
