// Whether all is well, in a word: what the probes of a container ask (`superctl health`).
#pragma once

#include "core/probe.hpp"
#include "core/system.hpp"

#include <cstdint>
#include <vector>

namespace superd::core {

// It will not come up again, and nobody has asked for that: what superd does not survive, if the
// unit is essential.
bool lost_for_good(const Instance& instance);

struct ProbeAnswer {
    bool stopping = false;           // superd is, which is why.
    std::vector<InstanceId> unwell;  // In order of unit; empty: well, if superd is not stopping.
    std::uint32_t units = 0;         // That were looked at and count.
    bool well() const { return !stopping && unwell.empty(); }
};

// Of all instances that a probe is about. An instance that is up is ready, completed, or idle:
// asleep until a connection or its time comes. Of a unit with several, one that is on its way
// because there are to be more, or because it is given a new process while it was well, is not
// missed as long as another is up.
ProbeAnswer answer(const System& system, Probe probe);
// The same of those that are named, whether they are wanted or not.
ProbeAnswer answer(const System& system, Probe probe, const std::vector<InstanceId>& named);

}  // namespace superd::core
