// What strangers send to the control socket: bytes to requests, requests to
// calls, and their JSON.
#include "control/request_parser.hpp"
#include "control/route.hpp"
#include "wire/error.hpp"
#include "wire/event.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

// A refusal has to be one that can be told, as JSON, with a status that says no.
void check(const superd::control::Refusal& refusal) {
    const auto back = superd::wire::parse_error(superd::wire::serialize(refusal.error));
    if (refusal.status < 400 || back.kind.empty() || back.message.empty()) std::abort();
}

void try_route(const superd::control::Request& request) {
    const auto call = superd::control::route(request);
    if (!call) check(call.error());
}

// The first byte says how many bytes arrive at once.
void parse_in_pieces(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t piece = 1 + static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    std::string buffer;
    superd::control::RequestParser parser;
    while (!bytes.empty() && !parser.complete() && !parser.refusal()) {
        buffer += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        const auto used = parser.feed(buffer);
        if (used > buffer.size()) std::abort();
        buffer.erase(0, used);
        if (buffer.size() > superd::control::header_max + piece) std::abort();
        parser.wants_continue();
    }
    if (parser.refusal()) check(*parser.refusal());
    if (parser.complete()) try_route(parser.take());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    parse_in_pieces(bytes);
    superd::control::Request request;
    request.method = "GET";
    request.target = "/v1/logs?" + std::string{bytes};
    try_route(request);
    request.method = "POST";
    request.body = bytes;
    for (const auto* target : {"/v1/start", "/v1/wait", "/v1/signal"}) {
        request.target = target;
        try_route(request);
    }
    if (const auto event = superd::wire::parse_event(bytes)) {
        if (!superd::wire::parse_event(superd::wire::serialize(*event))) std::abort();
    }
    return 0;
}
