// Answers, and how they go over the wire.
#pragma once

#include "control/request.hpp"

#include <string>
#include <string_view>

namespace superd::control {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view json_lines_type = "application/x-ndjson";

struct Response {
    unsigned status = 200;
    std::string body;
    std::string_view type = json_type;
    std::string allow;  // With status 405.
};

Response to_response(const Refusal& refusal);

// Head and body. `keep_alive`: the connection stays open for another request.
std::string serialize(const Response& response, bool keep_alive);

// The head of an answer whose lines are sent as they come up. Without
// `chunked` (HTTP/1.0) the end of the connection is its end.
std::string stream_head(bool chunked, bool keep_alive);
std::string stream_part(std::string_view lines, bool chunked);
std::string stream_end(bool chunked);

}  // namespace superd::control
