// What a hook is told of a failure, on its standard input.
#pragma once

#include "wire/status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace superd::wire {

struct CrashReport {
    std::string unit;
    std::uint32_t instance = 0;
    std::uint64_t run = 0;
    std::string reason;  // A word: "exited".
    std::string text;    // "exit 3"
    std::string state;   // What the instance is in now: "backoff".
    std::uint32_t restarts = 0;
    std::optional<std::string> next_retry;  // When a retry is due later.
    std::uint32_t suppressed = 0;           // Failures before it that no hook was told of.
    std::optional<LastExit> last_exit;      // Empty: there was no process.
};

// One line, without its end.
std::string serialize(const CrashReport& report);

}  // namespace superd::wire
