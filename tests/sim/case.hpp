// One run of the simulation: with the same case everything happens again.
#pragma once

#include "tests/sim/fault.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace superd::sim {

struct Case {
    std::uint64_t seed = 1;
    std::uint32_t steps = 0;  // 0: as many as its profile says.
    Faults faults = Faults::all();
    std::set<std::uint32_t> without_units;  // By number.
    std::set<std::uint32_t> skipped;        // Steps in which nothing is done.
    bool ends_well = true;                  // After the steps faults stop, and all must come up.
    bool shifted = false;                   // Begins at another time of the clock.
};

// What one has to type to see it again.
std::string command_of(const Case& it);

// "1-4,9" and back; empty for a text that is none.
std::string ranges(const std::set<std::uint32_t>& numbers);
bool parse_ranges(const std::string& text, std::set<std::uint32_t>& numbers);

// How it came out.
struct Outcome {
    std::string broken;  // Which invariant; empty: none.
    std::string text;    // What is wrong.
    std::uint32_t step = 0;
    std::uint64_t events = 0;  // That the core has handled.
    std::uint64_t digest = 0;  // Of all that was asked of the kernel, and when.
};

}  // namespace superd::sim
