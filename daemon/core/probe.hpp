// What the probes of a container ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace superd::core {

enum class Probe : std::uint8_t {
    // No essential unit has failed for good; of units that are named, none has. What asks is
    // answered by the supervisor, so it lives.
    liveness,
    // What is wanted is up and no check of it fails; of units that are named, that they are.
    // superd is not about to stop.
    readiness,
    // What starts by itself has come up; of units that are named, they have. Checks do not
    // matter. superd is not about to stop.
    startup,
};

constexpr std::string_view to_string(Probe probe) {
    switch (probe) {
        case Probe::liveness: return "liveness";
        case Probe::readiness: return "readiness";
        case Probe::startup: return "startup";
    }
    std::unreachable();
}

constexpr std::optional<Probe> parse_probe(std::string_view word) {
    for (const Probe probe : {Probe::liveness, Probe::readiness, Probe::startup}) {
        if (word == to_string(probe)) return probe;
    }
    return {};
}

}  // namespace superd::core
