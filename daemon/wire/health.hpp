// The answer to "is all well?", as the probes of a container ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

struct UnwellInstance {
    std::string unit;
    std::optional<std::uint32_t> instance;  // Empty: the unit has one.
    std::string state, reason;
};

struct Health {
    std::string probe;  // liveness | readiness | startup; empty: only whether superd answers.
    bool well = true;
    std::string why;                     // A line: "all 3 units are up".
    std::vector<UnwellInstance> unwell;  // The first hundred.
};

// {"schema":1,"health":"ok"|"failing","probe","why",
//  "unwell":[{"unit","instance","state","reason"}]}
std::string serialize(const Health& health);

// Throws boost::system::system_error on what is not of the shape.
Health parse_health(std::string_view text);

}  // namespace superd::wire
