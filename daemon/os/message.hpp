// One packet over a Unix socket, with descriptors. Nothing here allocates.
#pragma once

#include "os/fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <span>
#include <system_error>

namespace superd::os {

// The most descriptors that one message may carry here.
inline constexpr std::size_t message_descriptors_max = 32;

// What came in. Zero bytes from a seqpacket or stream socket mean its end.
struct Received {
    std::size_t bytes = 0;
    std::size_t descriptors = 0;    // Of the span given, so many were filled.
    bool truncated = false;         // The packet was longer than the buffer.
    bool descriptors_lost = false;  // Some could not be received: our table is full, or the span.
    pid_t sender = 0;  // The process that sent it, where the socket asks the kernel for it; else 0.
};

// Sends one packet and duplicates of `fds`. It never raises SIGPIPE and never
// waits if the socket is non-blocking (resource_unavailable_try_again then).
std::expected<std::size_t, std::errc> send_message(int socket, std::span<const std::byte> bytes,
                                                   std::span<const int> fds = {});

// Receives one packet; its descriptors, close-on-exec, fill `fds` from the front.
std::expected<Received, std::errc> receive_message(int socket, std::span<std::byte> buffer,
                                                   std::span<Fd> fds = {});

}  // namespace superd::os
