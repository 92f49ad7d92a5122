// What invariants ask about units, found by their own means: from the
// configuration, the operator's goals and the kernel, not from what the core
// makes of them.
#pragma once

#include "tests/sim/scene.hpp"

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace superd::sim {

template <class Value>
using ByKey = std::unordered_map<std::uint64_t, Value>;
using Keys = std::unordered_set<std::uint64_t>;

inline bool wanted(const core::Instance& instance) {
    return instance.goal == core::Goal::up && !instance.removed;
}

// Until a connection comes, it is up for all who depend on it.
inline bool sleeps(const core::Instance& instance) {
    return instance.state == core::State::waiting && instance.reason == core::Reason::demand;
}

// The main process of its present run is there, as far as a core has heard.
bool has_process(const Scene& scene, core::InstanceId id);

// Calls `visit` with each unit's instances.
template <class Visit>
void each_instance(const Scene& scene, Visit&& visit) {
    for (const core::Unit* const unit : scene.system->units()) {
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            visit(core::InstanceId{unit->id, index}, *unit, unit->instances[index]);
        }
    }
}

// It was at rest, and somebody or its timer wants it: what failed before is forgotten.
bool begins_anew(const core::Changed& change);

// The unit, and all that a wish about it may reach: members, what it needs and wants, and so on.
std::vector<core::UnitId> reach(const core::System& system, core::UnitId from);

// It, and the groups around it.
std::vector<const core::Unit*> with_groups(const core::System& system, const core::Unit& unit);

// What needs it cannot go on: it will not come up again by itself.
bool is_lost(const Scene& scene, const core::Unit& unit);

// It has come as far as the edge asks, or nobody waits for it.
bool lets_start(const Scene& scene, const core::Edge& edge);

// All that this unit waits for.
bool may_start(const Scene& scene, const core::Unit& unit);

}  // namespace superd::sim
