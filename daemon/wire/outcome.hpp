// The answer to a command: how it came out for each of its targets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

struct UnitOutcome {
    std::string unit;
    std::optional<std::uint32_t> instance;  // Empty: the whole unit.
    std::string outcome;                    // done | failed | superseded | pending
    std::string state, reason;
};

// {"schema":1,"outcomes":[{"unit","instance","outcome","state","reason"}]}
struct Outcomes {
    std::vector<UnitOutcome> outcomes;
};

std::string serialize(const Outcomes& outcomes);

// Throws boost::system::system_error on what is not of the shape.
Outcomes parse_outcomes(std::string_view text);

}  // namespace superd::wire
