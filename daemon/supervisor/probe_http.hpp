// The few bytes of HTTP that a readiness probe speaks. Pure.
#pragma once

#include "config/unit.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace superd::supervisor {

// A status line that is longer than this is none.
inline constexpr std::size_t status_line_max = 4096;

// "127.0.0.1:80", "[::1]:80"
std::string host_and_port(const config::Ready& ready);

// "GET /healthz HTTP/1.1" and its headers.
std::string http_request(const config::Ready& ready);

// What the beginning of a response means. Empty: its status line has not come
// whole yet. Else a problem, itself empty for any status of 200 to 399.
std::optional<std::string> judge_response(std::string_view bytes);

}  // namespace superd::supervisor
