// Two units, one of which depends on the other, on a simulated machine where
// nothing happens by itself: who uses it says what does, and in which order.
#pragma once

#include "tests/sim/invariants/all.hpp"
#include "tests/sim/supervisor.hpp"

#include <memory>
#include <string>
#include <vector>

namespace superd::sim {

class TwoUnits {
public:
    enum class Act : std::uint8_t {
        start_a,
        stop_a,
        restart_a,
        start_b,
        stop_b,
        restart_b,
        ready_a,
        ready_b,
        succeed_a,
        fail_a,
        succeed_b,
        fail_b,
        time_is_up,
        supervisor_dies,
    };
    static constexpr std::uint8_t acts = 14;
    static const char* name(Act act);

    // b depends on a.
    TwoUnits(core::DependencyKind kind, core::When when);

    // False: it cannot happen now. Throws when an invariant is broken.
    bool happen(Act act);
    // Faults are over: all comes up, and everybody is told.
    void come_to_rest();
    // All that can make a difference to what comes next.
    std::string situation() const;

private:
    // By their numbers both are asked by probes, so nothing that they say is lost.
    static constexpr std::uint32_t a = 2, b = 4;

    void begin();
    void ask(std::uint32_t unit, Command::Kind kind);
    bool become_ready(std::uint32_t unit);
    bool end(std::uint32_t unit, std::int32_t code);
    bool pass();

    Trace trace_;
    Machine machine_;
    Scene scene_;
    std::unique_ptr<Supervisor> supervisor_;
    core::CommandId last_command_ = 0;
};

}  // namespace superd::sim
