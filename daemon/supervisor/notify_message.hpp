// The text of one sd_notify(3) datagram. Pure: what a stranger wrote is taken
// apart here, and nothing is believed of it but what its lines say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace superd::supervisor {

// systemd's own limit (NOTIFY_BUFFER_MAX): one atomic write to a pipe.
inline constexpr std::size_t notify_bytes_max = 4096;

// What a service says of itself.
struct NotifyFields {
    bool ready = false;                 // READY=1
    bool reloading = false;             // RELOADING=1
    bool stopping = false;              // STOPPING=1
    bool watchdog = false;              // WATCHDOG=1
    bool watchdog_trigger = false;      // WATCHDOG=trigger: it asks to be treated as hung.
    bool barrier = false;               // BARRIER=1: answered by closing the message's descriptors.
    std::optional<std::string> status;  // STATUS=, valid UTF-8; may hold control characters.
    std::optional<pid_t> main_pid;      // MAINPID=: a claim. Never says who the sender is.
    bool main_pidfd = false;            // MAINPIDFD=1: a claim too; the message carries a pidfd.
    bool fd_store = false;              // FDSTORE=1: keep the message's descriptors.
    bool fd_store_remove = false;       // FDSTOREREMOVE=1
    bool fd_poll = true;                // FDPOLL=0 clears it.
    std::string fd_name;                // FDNAME=, as it was written.
    std::optional<int> error;           // ERRNO=
    std::optional<std::chrono::microseconds> monotonic;       // MONOTONIC_USEC=
    std::optional<std::chrono::microseconds> extend_timeout;  // EXTEND_TIMEOUT_USEC=
    std::optional<std::chrono::microseconds> watchdog_every;  // WATCHDOG_USEC=
    std::optional<std::string> recycle;  // X_SUPERD_RECYCLE=, valid UTF-8: it wants a new run.
    std::string problem;  // The first line that was ignored, and why; empty: all were good.

    friend bool operator==(const NotifyFields&, const NotifyFields&) = default;
};

// Takes a datagram apart, or says why it is refused as a whole: it is empty,
// too long, or holds a NUL other than a last one. Within a good datagram a
// malformed value is only ignored (`problem`), and a name that is not known
// silently so, as systemd does: a service that works there works here.
std::expected<NotifyFields, std::string> parse_notify(std::string_view text);

}  // namespace superd::supervisor
