#include "control/response.hpp"

#include <array>
#include <charconv>

namespace superd::control {

namespace {

std::string_view phrase(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 202: return "Accepted";
        case 400: return "Bad Request";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: return "Unknown";
    }
}

std::string_view connection(bool keep_alive) {
    return keep_alive ? "\r\nConnection: keep-alive" : "\r\nConnection: close";
}

}  // namespace

Response to_response(const Refusal& refusal) {
    return {refusal.status, wire::serialize(refusal.error) + "\n", json_type, refusal.allow};
}

std::string serialize(const Response& response, bool keep_alive) {
    std::string out;
    out.reserve(response.body.size() + 160);
    out += "HTTP/1.1 " + std::to_string(response.status) + " ";
    out += phrase(response.status);
    out += "\r\nContent-Type: ";
    out += response.type;
    out += "\r\nContent-Length: " + std::to_string(response.body.size());
    if (!response.allow.empty()) out += "\r\nAllow: " + response.allow;
    out += connection(keep_alive);
    out += "\r\n\r\n";
    out += response.body;
    return out;
}

std::string stream_head(bool chunked, bool keep_alive) {
    std::string out = "HTTP/1.1 200 OK\r\nContent-Type: ";
    out += json_lines_type;
    if (chunked) out += "\r\nTransfer-Encoding: chunked";
    out += connection(chunked && keep_alive);
    out += "\r\n\r\n";
    return out;
}

std::string stream_part(std::string_view lines, bool chunked) {
    if (!chunked) return std::string{lines};
    std::array<char, 20> size;
    const auto end = std::to_chars(size.data(), size.data() + size.size(), lines.size(), 16).ptr;
    std::string out{size.data(), end};
    out += "\r\n";
    out += lines;
    out += "\r\n";
    return out;
}

std::string stream_end(bool chunked) { return chunked ? "0\r\n\r\n" : ""; }

}  // namespace superd::control
