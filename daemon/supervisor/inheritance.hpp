// What a supervisor finds when it starts: what the keeper holds and what the
// one before it has written down.
#pragma once

#include "supervisor/accepted.hpp"
#include "supervisor/journal.hpp"
#include "supervisor/records.hpp"
#include "supervisor/spawn_slot.hpp"
#include "supervisor/supervisor.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace superd::supervisor {

// What became of a process that a record names.
enum class Fate : unsigned char {
    none,      // The record names none.
    child,     // It is the keeper's child: its exit is told as ever, even if it has ended.
    stranger,  // It lives, or lived until a moment ago, under another parent.
    ended,     // It is gone.
};

struct Supervisor::Inheritance {
    std::set<std::string> held;       // Names.
    std::set<std::string> pages;      // Likewise: what their workers were doing.
    std::set<std::string> listeners;  // Of these: sockets that units go on with.
    Records::Contents records;
    SpawnSlot::Left spawn;
    Journal::Past past;
    std::map<core::RunId, pid_t> forked;  // By templates, of the runs whose records name no pid.

    // One entry for each of `records.records`.
    struct Verdict {
        Fate fate = Fate::none;
        os::Fd pidfd;             // stranger
        bool pidfd_held = false;  // That one is the keeper's already.
        Result<os::Fd> page;      // stranger: what it shares with superd, if the keeper lacks it.
        core::ExitStatus status;  // ended
        bool recorded = false;    // ended, and the journal knows it.
        core::RunId run = 0;      // The record's; the record itself is handed to the core.
        std::int32_t pid = 0;
        core::RunId last_run = 0;
        std::int32_t last_pid = 0;
        bool alive = false;  // By its state.
    };
    std::vector<Verdict> verdicts;

    bool restarted = false;  // The keeper has had a supervisor before.
    bool anything_alive = false;
    config::Configuration configuration;
};

}  // namespace superd::supervisor
