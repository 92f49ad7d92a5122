// What the supervisor tells the logger, and what it hears back, over a
// SOCK_SEQPACKET connection to RUNTIME/logger.sock.
//
// The bytes of a service never pass here: each run has two FIFOs,
// RUNTIME/log/<run>.out and .err, which the service has open read-write, the
// keeper holds, and the logger opens by name. The keeper holds the listening
// socket too, so a supervisor may connect and send while no logger lives; what
// it has sent is read by the next one, or, if the connection broke, said again.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace superd::logger {

inline constexpr std::uint32_t protocol_version = 2;
inline constexpr std::size_t packet_max = 64 * 1024;

enum class Format : std::uint8_t { text, json };
enum class WhenFull : std::uint8_t { drop, block };
// journald: of the files only the newest lines, unless there is no journald.
enum class Target : std::uint8_t { file, journald, both };

// How the output of one instance is kept. Everything is bounded by default.
struct Policy {
    Format format = Format::text;
    WhenFull when_full = WhenFull::drop;      // The disk is slow or full.
    bool compress = true;                     // Rotated files, with zstd.
    bool foreground = true;                   // Also a prefixed copy on superd's own stdout,
    Format foreground_format = Format::text;  // ... which looks like this.
    Target target = Target::file;
    std::uint64_t size_max = 10u << 20;  // Bytes in the current file before it is rotated.
    std::chrono::seconds age_max{std::chrono::hours{24 * 7}};  // ... or its age; 0: no limit.
    std::uint32_t keep = 5;                                    // Rotated files kept.
    std::uint32_t tail = 20;  // Last lines kept in memory for status and deaths.
    friend bool operator==(const Policy&, const Policy&) = default;
};

// --- supervisor to logger ---

// A run's FIFOs exist; drain them until `Close`. Repeating it is harmless.
struct Open {
    std::uint64_t run = 0;
    std::int32_t pid = 0;
    std::uint32_t index = 0;
    std::string unit;
    Policy policy;
    std::string ready_pattern;  // RE2; the first line it matches is told by Matched. Empty: none.
    std::string label;  // "pre-start": who of the unit speaks, before each line. Empty: itself.
};
// The main process ended: drain what is there now, then answer Tail.
struct Drain {
    std::uint64_t run = 0;
};
// Nothing of the run lives: drain to the end, close, answer Closed. The
// supervisor then removes the FIFOs and has the keeper let go of them.
struct Close {
    std::uint64_t run = 0;
};
// Serve a client's request for lines; its connected stream socket comes with
// the packet and is the logger's from then on. The logger writes a complete
// HTTP/1.1 response to it (chunked while following) and closes it.
struct Serve {
    struct Source {
        std::string unit;
        std::uint32_t index = 0;
    };
    std::vector<Source> sources;
    std::uint32_t lines = 10;  // Last lines of each source first; newest last, merged by time.
    bool follow = false;
    bool json = false;          // One JSON object a line, else text as stored.
    std::string stream;         // "out", "err" or empty for both.
    std::int64_t since_ns = 0;  // CLOCK_REALTIME; 0: no lower bound.
};
// Reopen files (after an outside logrotate), as SIGUSR1 to superd asks.
struct Reopen {};

using Request = std::variant<Open, Drain, Close, Serve, Reopen>;

// --- logger to supervisor ---

struct Tail {
    std::uint64_t run = 0;
    std::vector<std::string> lines;
};  // "out: text", oldest first.
struct Closed {
    std::uint64_t run = 0;
};
struct Matched {
    std::uint64_t run = 0;
};
// Lines were lost since the last such message, and why.
struct Dropped {
    std::string unit;
    std::uint32_t index = 0;
    std::uint64_t lines = 0;
    std::string cause;
};
// Something the operator should know: "cannot write /var/log/…: No space left on device".
struct Trouble {
    std::string text;
};

using Reply = std::variant<Tail, Closed, Matched, Dropped, Trouble>;

// Encoding gives an empty packet for a message longer than packet_max (a Tail
// loses its oldest lines instead), and decoding refuses any packet that is cut
// short, has bytes left over, or an unknown kind.
std::vector<std::byte> encode(const Request& request);
std::vector<std::byte> encode(const Reply& reply);
Result<Request> decode_request(std::span<const std::byte> packet);
Result<Reply> decode_reply(std::span<const std::byte> packet);

}  // namespace superd::logger
