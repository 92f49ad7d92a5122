// Bytes to requests, without any I/O.
#pragma once

#include "control/request.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace superd::control {

inline constexpr std::size_t header_max = 8 * 1024;
inline constexpr std::size_t body_max = 64 * 1024;

// Reads one request. Feed it what has arrived until it is complete or refused.
class RequestParser {
public:
    RequestParser();
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Returns how many bytes it took; give it the others again, with what
    // arrives after them. Takes nothing once complete or refused.
    std::size_t feed(std::string_view bytes);

    bool complete() const;
    // True once, when the client waits for "100 Continue" before it sends the body.
    bool wants_continue();
    const std::optional<Refusal>& refusal() const { return refusal_; }
    // Only when complete.
    Request take();

private:
    struct Parser;  // Boost.Beast's; a costly header.
    std::unique_ptr<Parser> parser_;
    std::optional<Refusal> refusal_;
    bool continued_ = false;
};

}  // namespace superd::control
