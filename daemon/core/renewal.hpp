// New runs for instances that are well: a rolling restart by the operator's wish,
// or recycling by their own age, memory or wish. A unit's instances get them a
// few at a time; which one is to get one is a flag of the instance (Renewal).
//
// There are two ways. Make before break: the new run is started beside the old
// one, in a place of its own, and takes the old one's place when it is ready;
// then the old one is stopped from that other place. Stop then start: for what
// cannot run twice. Which one, RollingRule::surge says.
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace superd::core {

enum class RenewalKind : std::uint8_t {
    restart,  // superctl restart --rolling
    apply,    // superctl apply --rolling
    age,      // RecycleRule::after
    memory,   // RecycleRule::memory
    wish,     // The service asked for it (X_SUPERD_RECYCLE=).
    stalled,  // It is of no use as it is.
};

// The operator's, who is told how it went; else it is recycling.
constexpr bool is_roll(RenewalKind kind) { return kind <= RenewalKind::apply; }

// An instance's run is to be replaced by a new one.
struct Renewal {
    RenewalKind kind = RenewalKind::restart;
    bool begun = false;       // The next run is the new one; or the present one is, not ready yet.
    std::uint16_t batch = 1;  // So many instances of the unit are replaced at once, at most.
    std::uint16_t of = 1;     // So many were to be replaced when this was asked for.
    std::uint64_t first = 0;  // Runs of this number or a higher one were begun after that.
    std::string why;          // Recycling: more of that, "612 MiB, more than 512 MiB".
};

// The run does nothing any more, and is replaced for that; null: it is to stay.
constexpr bool is_stalled(const Renewal* renewal) {
    return renewal != nullptr && renewal->kind == RenewalKind::stalled;
}

struct RollingRule {
    std::uint32_t batch = 1;
    // So many processes at most run beside those that are to be replaced; 0: an
    // instance is stopped before it is started again.
    std::uint32_t surge = 0;
    static constexpr std::uint32_t as_many_as_batch = 0xffff'ffff;
};

// When an instance is to be given a new run though nobody asked.
struct RecycleRule {
    Duration after{};                 // Its age; 0: never.
    double jitter = 0.1;              // Plus or minus up to this share of it, 0 to 1.
    std::uint64_t memory = 0;         // Bytes resident in its tree, more than that; 0: any.
    std::vector<std::int32_t> exits;  // Exit codes by which it asks to be started again.
};

}  // namespace superd::core
