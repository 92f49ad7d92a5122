// What kind of world a seed makes: few units or many, and how rough it is.
#pragma once

#include "tests/sim/case.hpp"
#include "tests/sim/rng.hpp"

#include <cstdint>

namespace superd::sim {

struct Profile {
    const char* name = "";
    std::uint32_t units = 1;
    std::uint32_t steps = 0;
    std::int32_t pids = 0;      // Few: they come round soon.
    std::uint32_t depends = 0;  // So many of a hundred pairs of neighbours depend on each other.
    std::uint32_t crashes = 0;  // Of a hundred steps so many kill the supervisor.
    std::uint32_t attacks = 0;  // ... do something else than let time pass.
    bool grouped = false;       // By control groups.
};

inline Profile profile_of(const Case& it) {
    Rng random{mix(it.seed, 1)};
    Profile profile{.grouped = random.percent(50)};
    const std::uint32_t kind = random.below(100);
    if (kind < 55) {
        profile.name = "small";
        profile.units = 1 + random.below(8);
        profile.steps = 1500;
        profile.pids = 64 + static_cast<std::int32_t>(random.below(100));
        profile.depends = 30;
        profile.crashes = 1;
        profile.attacks = 15;
    } else if (kind < 85) {
        profile.name = "crashy";
        profile.units = 1 + random.below(6);
        profile.steps = 1000;
        profile.pids = 64 + static_cast<std::int32_t>(random.below(100));
        profile.depends = 30;
        profile.crashes = 15;
        profile.attacks = 20;
    } else if (kind < 97) {
        profile.name = "middle";
        profile.units = 10 + random.below(30);
        profile.steps = 3000;
        profile.pids = 400;
        profile.depends = 10;
        profile.crashes = 1;
        profile.attacks = 10;
    } else {
        profile.name = "large";
        profile.units = 60 + random.below(141);
        profile.steps = 5000;
        profile.pids = 4000;
        profile.depends = 3;
        profile.crashes = 1;
        profile.attacks = 10;
    }
    if (it.steps != 0) profile.steps = it.steps;
    return profile;
}

}  // namespace superd::sim
