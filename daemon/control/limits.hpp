// What one client may cost. Tests shorten the times.
#pragma once

#include <chrono>
#include <cstddef>

namespace superd::control {

// Places for connections are told apart by who takes them, so that nobody locks out those who
// may do more: one too many is told 503 and closed.
struct Limits {
    std::size_t connections_max = 256;          // All together.
    std::size_t reserved = 32;                  // Of these, for root and superd's own user alone.
    std::size_t strangers_max = 64;             // Of users who may neither look nor change.
    std::size_t stranger_max = 8;               // Of one such user.
    std::chrono::milliseconds request{30'000};  // From a request's first byte to its last.
    std::chrono::milliseconds idle{60'000};     // Between requests.
    std::chrono::milliseconds stranger_idle{
        5'000};                                   // The same, of who may neither look nor change.
    std::chrono::milliseconds write{30'000};      // For the client to take an answer, or a part.
    std::chrono::milliseconds accept_pause{100};  // After accept(2) failed: EMFILE, say.
    std::size_t backlog_bytes_max =
        1024 * 1024;  // Of events a client is behind, then it is cut off.
};

}  // namespace superd::control
