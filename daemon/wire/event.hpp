// One line of the journal of events and of the API's event stream:
//
//   {"time":"2026-11-23T21:49:35.123456Z","seq":12,"event":"exit","unit":"web",
//    "instance":0,"run":17,"pid":4711,"code":1,"uptime":12.5}
//
// A line has the members that its kind of event has; the others are absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

enum class EventKind : std::uint8_t {
    state,         // from, to, goal, reason; on
    spawn,         // A process was started: pid
    spawn_failed,  // None could be: message
    ready,         // The run is of use to its dependents
    exit,          // code | signal (+ core) | unknown; oom, uptime, cpu, rss; reason, message;
                   // lines: where a worker crashed
    lines,         // The last lines of a run that ended: lines
    stall,         // A worker is silent, or is not any more: to (StallTurn's words), reason (its
                   // cause), message; lines: where it is
    frozen,        // All processes of the run stand still
    thawed,        // ... and go on
    oom,           // The kernel has killed others than the main process for want of memory: message
    dropped,       // Lines that were lost: dropped, message
    config,        // A reload or apply, or a refused one: message
    hook,          // A hook has ended: hook, to ("succeeded", "failed"), message
    timer,         // A run that was due was skipped, put off or made up for: message
    check,         // A check fails or passes again: to ("failing", "passing"), message
    rolling,       // Runs are replaced: to (RollPhase's words), run (the new one), message
    command,       // Somebody asked for it: action, uid, user; message
    superd,        // About superd's own processes: message
};

struct Event {
    std::string time;       // RFC 3339 (wire/time.hpp).
    std::uint64_t seq = 0;  // Grows by one a line, over restarts of superd's processes too.
    EventKind kind = EventKind::superd;
    std::string unit;  // Empty: about no unit.
    std::optional<std::uint32_t> instance;
    std::uint64_t run = 0;  // 0: about no run.
    std::int32_t pid = 0;   // 0: about no process.

    // reason of an exit: the word for why superd ended the run; empty: it ended by itself.
    std::string from, to, goal, reason;
    std::string on;  // state, to waiting: the unit that it waits on.
    std::optional<std::int32_t> code;
    std::optional<std::string> signal;  // "SIGSEGV"
    bool core = false, oom = false, unknown = false;
    std::optional<double> uptime, cpu;  // Seconds.
    std::optional<std::uint64_t> rss;   // Bytes resident, at the peak.
    std::string action, user;           // "stop", "root"
    std::string hook;                   // "pre-start"
    std::optional<std::uint32_t> uid;
    std::vector<std::string> lines;
    std::uint64_t dropped = 0;
    std::string message;  // A sentence.
};

std::string_view to_string(EventKind kind);

// Without a line end; never contains one.
std::string serialize(const Event& event);

// Empty for a line that is damaged or of an unknown kind: after a crash the
// last line of a journal may be cut short.
std::optional<Event> parse_event(std::string_view line);

}  // namespace superd::wire
