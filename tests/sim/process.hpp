// A process of the simulated kernel, and what it will do: decided when it is born.
#pragma once

#include "core/spec.hpp"
#include "tests/sim/fault.hpp"
#include "tests/sim/key.hpp"
#include "tests/sim/rng.hpp"

#include <array>
#include <cstdint>

namespace superd::sim {

// What a process does besides what its children do.
struct Behaviour {
    struct Child {
        bool deaf = false, own_session = false;
        Duration lives = forever;
    };
    enum class Word : std::uint8_t { none, stops, reloads, extends, hands_over };

    Duration lives = forever;
    core::ExitStatus end;
    bool deaf = false;
    Duration winds_down{};  // From a signal to its end.
    Duration ready_after{};
    bool cannot_be_ready = false;  // Tells so instead.
    Duration well_for = forever;   // Then pings end, and checks fail.
    std::uint32_t flaps = 0;       // So many of a hundred checks fail all the same.
    Duration pings{};              // So often; 0: it does not.
    Word word = Word::none;
    Duration word_after{};
    std::array<Child, 2> children;
    std::uint32_t child_count = 0;
};

Behaviour behave(Rng random, const core::UnitSpec& spec, Faults faults);

struct Process {
    Pid pid = 0;     // 0: the entry is free.
    Pid parent = 0;  // init, the keeper, or another service's process.
    std::uint64_t birth = 0;
    Key owner;
    RunId run = 0;
    bool main = false;    // It was started for its run, or took that one's place.
    bool zombie = false;  // It has ended and is not reaped yet.
    bool own_session = false, ready = false;
    Instant started{};
    core::ExitStatus status;
    Behaviour behaviour;
};

}  // namespace superd::sim
