// Makes a case that fails as small as it can: fewer steps, kinds of faults and
// units, as long as it fails in the same way.
#pragma once

#include "tests/sim/case.hpp"

#include <chrono>
#include <functional>

namespace superd::sim {

struct Minimal {
    Case it;
    Outcome outcome;
    std::uint32_t tries = 0;
};

// `run`: how a case comes out.
Minimal minimise(const Case& failing, const Outcome& outcome, std::chrono::seconds patience,
                 const std::function<Outcome(const Case&)>& run);

}  // namespace superd::sim
