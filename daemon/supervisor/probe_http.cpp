#include "supervisor/probe_http.hpp"

#include <charconv>

namespace superd::supervisor {
namespace {

// The 503 of "HTTP/1.1 503 Service Unavailable".
std::optional<int> parse_status(std::string_view line) {
    constexpr std::string_view start = "HTTP/1.";
    if (!line.starts_with(start)) return std::nullopt;
    line.remove_prefix(start.size());
    if (line.size() < 5 || (line[0] != '0' && line[0] != '1') || line[1] != ' ')
        return std::nullopt;
    if (line.size() > 5 && line[5] != ' ') return std::nullopt;
    int status = 0;
    const char* const end = line.data() + 5;
    const auto [stop, error] = std::from_chars(line.data() + 2, end, status);
    if (error != std::errc{} || stop != end || status < 100) return std::nullopt;
    return status;
}

}  // namespace

std::string host_and_port(const config::Ready& ready) {
    const bool literal6 = ready.host.contains(':');
    return (literal6 ? "[" + ready.host + "]" : ready.host) + ":" + std::to_string(ready.port);
}

std::string http_request(const config::Ready& ready) {
    const std::string target = ready.path.empty() ? "/" : ready.path;
    const std::string host = ready.host_header.empty() ? host_and_port(ready) : ready.host_header;
    return "GET " + target + " HTTP/1.1\r\nHost: " + host +
           "\r\nUser-Agent: superd\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

std::optional<std::string> judge_response(std::string_view bytes) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    const bool whole = line.size() < bytes.size();
    if (!whole && bytes.size() < status_line_max) return std::nullopt;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::optional<int> status = whole ? parse_status(line) : std::nullopt;
    if (!status) return "answered something other than HTTP";
    if (*status >= 200 && *status < 400) return "";
    return "answered " + std::to_string(*status);
}

}  // namespace superd::supervisor
