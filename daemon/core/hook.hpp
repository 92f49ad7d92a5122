// Programs that a unit has run around its own: before and after a start and a
// stop, and after a failure. What they are is the shell's; when they run, what
// waits for them and what their failure means is decided here.
#pragma once

#include "core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace superd::core {

enum class Hook : std::uint8_t {
    none,
    pre_start,   // Before each run: its failure is a failed start.
    post_start,  // Once a run could be called ready, which it is when this has succeeded.
    pre_stop,    // Before the first signal to a run that was ready; it only delays the stop.
    post_stop,   // When nothing is left of a run, before anything else is done.
    on_crash,    // After each failure, beside everything else.
};

inline constexpr std::size_t hook_count = 6;

std::string_view to_string(Hook hook);  // "pre-start"

// Which hooks a unit has.
struct HookRule {
    std::array<Duration, hook_count> timeouts{};  // By hook; 0: there is none.
    std::uint32_t crash_limit = 10;  // Runs of on_crash within `crash_window`, for the whole unit.
    Duration crash_window = std::chrono::minutes{1};

    static constexpr std::uint32_t crash_limit_max = 64;

    Duration timeout(Hook hook) const { return timeouts[std::to_underlying(hook)]; }
    friend bool operator==(const HookRule&, const HookRule&) = default;
};

}  // namespace superd::core
