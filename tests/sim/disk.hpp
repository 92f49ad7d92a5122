// What outlives a supervisor, and the keeper too: the files of the runtime directory.
#pragma once

#include "core/spec.hpp"
#include "tests/sim/key.hpp"
#include "turn/record_codec.hpp"

#include <unordered_map>
#include <vector>

namespace superd::sim {

struct Disk {
    // records: the first slot is the header's.
    std::vector<turn::Slot> slots{turn::Slot{}};
    // records.spawn
    struct {
        RunId run = 0;
        Pid pid = 0;
    } spawn;
    // events.jsonl: of its events only exits matter.
    std::unordered_map<RunId, core::ExitStatus> journal;
    // accepted: the configuration in force.
    std::vector<core::SharedSpec> accepted;
};

}  // namespace superd::sim
