// What one client may cost. Tests shorten the times.
#pragma once

#include <chrono>
#include <cstddef>

namespace superd::control {

struct Limits {
    std::size_t connections_max = 256;            // One more is told 503 and closed.
    std::chrono::milliseconds request{30'000};    // From a request's first byte to its last.
    std::chrono::milliseconds idle{60'000};       // Between requests.
    std::chrono::milliseconds write{30'000};      // For the client to take an answer, or a part.
    std::chrono::milliseconds accept_pause{100};  // After accept(2) failed: EMFILE, say.
    std::size_t backlog_bytes_max =
        1024 * 1024;  // Of events a client is behind, then it is cut off.
};

}  // namespace superd::control
