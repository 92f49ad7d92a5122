// How many workers a unit is to have, by how busy those are that it has.
#pragma once

#include "core/spec.hpp"
#include "core/time.hpp"

#include <cstdint>

namespace superd::core {

// What the workers of a unit are doing at a moment.
struct Load {
    std::uint32_t ready = 0;    // So many take connections.
    std::uint32_t busy = 0;     // Of these, so many have something to do.
    std::uint32_t waiting = 0;  // Connections that nobody has accepted yet.
    double utilisation = 0;     // Of those that are ready, 0 to 1 on average.
    std::uint32_t coming = 0;   // So many are to be ready, and are not yet.
};

// Adds workers as soon as there are too few that do nothing, or when all that are there have been
// too busy for a second; lets those go that nobody has needed for `idle_timeout`.
class Autoscaler {
public:
    static constexpr double busy_above = 0.8;
    static constexpr Duration patience = std::chrono::seconds{1};

    // The number of workers from now on, `count` being the present one. Asked several times a
    // second. Never less than one: whether that one sleeps is not decided here.
    std::uint32_t decide(const ScaleRule& rule, std::uint32_t count, const Load& load, Instant now);

private:
    Instant pressed_since_{};   // Epoch: they are not.
    Instant quiet_since_{};     // Since when fewer would have done; epoch: they would not.
    std::uint32_t needed_ = 0;  // The most at any moment since then.
};

}  // namespace superd::core
