// Everything that an invariant may look at, and those that look.
#pragma once

#include "core/system.hpp"
#include "tests/sim/invariants/invariant.hpp"
#include "tests/sim/machine.hpp"
#include "tests/sim/trace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace superd::sim {

// A command that somebody waits for.
struct Command {
    enum class Kind : std::uint8_t { start, stop, restart, reset, scale, roll, freeze, thaw };
    core::CommandId id = 0;
    Kind kind{};
    core::InstanceId target;  // In the numbers of the supervisor that was asked.
    std::string unit;
};

class Scene {
public:
    Scene(Machine& its_machine, Trace& its_trace)
        : machine{its_machine}, trace{its_trace}, begin{its_machine.kernel.now()} {}

    Machine& machine;
    Trace& trace;
    const Instant begin;
    const core::System* system = nullptr;  // Of the present supervisor, if there is one.
    bool healed = false;                   // There are no faults any more.
    bool stopping = false;                 // superd is.
    Duration away{};                       // So long no supervisor was there, or it was frozen.
    std::uint64_t events = 0;
    std::uint64_t digest = 0;
    // Of this step: who asks for a chance mixes it with what it is about.
    std::uint64_t chance = 0;

    Instant now() const { return machine.kernel.now(); }
    // What the wall clock says.
    core::ClockTold clock() const;
    Key key(core::InstanceId id) const;
    std::string name(core::InstanceId id) const;
    // Of the unit as the core has it now.
    const core::Unit& unit(core::InstanceId id) const { return *system->find(id.unit); }
    // Of its present run; null: no process was ever made for it.
    const Life* life(core::InstanceId id) const;
    // A step of another supervisor begins.
    void adopt(const core::System* its_system);

    void add(std::unique_ptr<Invariant> invariant) { invariants_.push_back(std::move(invariant)); }
    template <class Call>
    void tell(Call&& call) {
        for (const auto& each : invariants_) call(*each);
    }
    // For who reads the trace: every unit, its instances, and what it depends on.
    void show_units() const;
    // Something happened that is the same each time the case is run.
    void mark(std::uint64_t what) { digest = mix(digest, what); }
    void say(const std::string& text) const {
        if (trace.on()) trace.say(now(), text);
    }

private:
    std::vector<std::unique_ptr<Invariant>> invariants_;
    mutable std::vector<std::uint32_t> numbers_;  // Of units, by the core's numbers of them.
};

}  // namespace superd::sim
