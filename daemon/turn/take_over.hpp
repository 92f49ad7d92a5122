// What a supervisor that takes over tells the core: the records of the one
// before it, against the configuration in force.
#pragma once

#include "core/system.hpp"
#include "turn/record_codec.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace superd::turn {

// Of two runs of an instance, which one is in its place? A supervisor that died
// while they changed places has left it undecided: both records say so, or none.
// Then the newer run is, for it was ready. To be settled before anything else.
void settle_places(std::span<Record* const> records);

// What the spawn itself has noted, at the moment of the clone: of which run, and the pid; 0: none
// was made.
struct Spawning {
    core::RunId run = 0;
    std::int32_t pid = 0;
};
// A record may not have heard that the process of its run was made: then it does now. Whether that
// process is there still, is another question: it may have ended and been reaped since, and have
// left others of its tree behind.
void find_spawned(Record& record, const Spawning& last);

// What the kernel shows of the control group of the record's run: somebody has asked for its
// processes to stand still, and all do.
struct FreezeSeen {
    bool asked = false, still = false;
};
// That is the truth, whatever the record says. True: what is recorded cannot stand still, so the
// group is to be let go.
[[nodiscard]] bool settle_freeze(core::Instance& instance, FreezeSeen seen, core::Instant now);

class TakeOver {
public:
    explicit TakeOver(std::vector<core::SharedSpec> in_force);

    // Takes the record's instance.
    void add(Record& record);

    // The effects are to be performed, then the exits told of that came to be
    // known without a supervisor.
    core::Effects adopt(core::System& system, core::Instant now);
    // Then the configuration in force is to be applied: something that has left
    // it still runs, and the core knows it for now.
    bool leavers() const { return leavers_; }

private:
    std::vector<core::SharedSpec> specs_;
    std::map<std::string, std::size_t, std::less<>> places_;  // In specs_, by name.
    std::size_t in_force_;                                    // So many of them, the first ones.
    std::vector<core::Restored> restored_;
    bool leavers_ = false;
};

}  // namespace superd::turn
