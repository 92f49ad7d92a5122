// What a turn wants done in the world: the real one has processes, files and a
// keeper, the simulated one (tests/sim) invents them. Nothing here decides.
#pragma once

#include "core/system.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace superd::turn {

// A process has ended, as the keeper tells it: whose it was is not known yet.
struct ToldExit {
    std::int32_t pid = 0;
    core::ExitStatus status;
    std::int64_t cpu_us = -1;   // Used in all; -1: not known.
    std::int64_t rss_kib = -1;  // Resident at the peak.
};

class Shell {
public:
    virtual core::Instant now() const = 0;

    // Any effect but Spawn, which has its own protocol below. Of Changed all
    // but its record, which is written with those of the same batch.
    virtual void carry_out(const core::Effect& effect) = 0;

    // What a run needs before its record may name it, its logs say. A failure
    // here ends the spawn.
    virtual std::optional<core::SpawnFailed> prepare(const core::Spawn& spawn) = 0;
    // Makes the process, once the records know of the run: Spawned or SpawnFailed. Nothing: it is
    // made elsewhere, and one of these follows.
    virtual std::optional<core::Event> clone(const core::Spawn& spawn) = 0;

    // Puts the instance into its slot of the records; false: there is no room.
    virtual bool write(core::InstanceId id, const core::Unit& unit,
                       const core::Instance& instance) = 0;
    // Takes back what was prepared, for the records do not know of the run.
    virtual core::SpawnFailed give_up(const core::Spawn& spawn) = 0;

    // Finds out whose the exit is and keeps it for the journal; nothing for
    // what is no main process.
    virtual std::optional<core::Exited> record(const ToldExit& told) = 0;
    // Writes to the journal what was kept for it.
    virtual void publish() = 0;
    // The keeper may reap `count` processes, of which `last` is the last told.
    virtual void acknowledge(std::int32_t last, std::size_t count) = 0;
    // The core hears of this exit next.
    virtual void going_on(const core::Exited& exited) = 0;

    // Between two spawns: takes in the exits that have been told meanwhile.
    virtual void hear() = 0;
    // Looks at process trees, if somebody asked. True if that led to an event.
    virtual bool look() = 0;
    // Everything is settled and recorded: tell who listens.
    virtual void finish() = 0;

protected:
    ~Shell() = default;
};

}  // namespace superd::turn
