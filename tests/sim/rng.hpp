// Chances from a seed: small, fast, and the same on every machine.
#pragma once

#include "core/time.hpp"

#include <cstdint>

namespace superd::sim {

// A number that looks random, and is the same for the same arguments. What is
// decided by one of its own kind does not change when something else is left out.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    std::uint64_t z = a * 0x9e37'79b9'7f4a'7c15u + b * 0xd1b5'4a32'd192'ed03u +
                      c * 0x8cb9'2ba7'2f3d'8dd7u + 0x2545'f491'4f6c'dd1du;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

class Rng {
public:
    explicit Rng(std::uint64_t seed) : state_{seed} {}

    std::uint64_t operator()() { return mix(state_++); }
    // From 0 to count - 1.
    std::uint32_t below(std::uint64_t count) {
        return static_cast<std::uint32_t>((*this)() % count);
    }
    bool percent(std::uint32_t chance) { return below(100) < chance; }
    core::Duration within(core::Duration most) {
        const auto count = static_cast<std::uint64_t>(most.count());
        return core::Duration{static_cast<core::Duration::rep>(count == 0 ? 0 : (*this)() % count)};
    }

private:
    std::uint64_t state_;
};

}  // namespace superd::sim
