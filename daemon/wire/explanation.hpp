// Why instances are as they are, as facts: GET /v1/why.
#pragma once

#include "wire/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

// An operator's command.
struct GivenCommand {
    std::string at;  // RFC 3339
    std::string action, user;
    std::uint32_t uid = 0;
};

// One instance of the chain, and what is known of why it is as it is.
struct Link {
    // How it keeps down the one before it in the chain: "waits-on", "needs", "group-wait",
    // "group-restart", "group-ended", "member", "essential", "dependents". Empty for the one that
    // was asked about.
    std::string because;
    std::string via;          // group-wait, group-restart: the group's name.
    std::string until;        // waits-on: "started", "ready" or "completed".
    bool order_only = false;  // waits-on: by `after`; it is not needed.

    std::string unit;
    std::uint32_t index = 0, instances = 1;
    std::string type;   // "service", "oneshot" or "group"
    std::string group;  // Whose member it is; empty: none's.
    std::string goal, state;
    std::string reason;  // A word: "exited".
    std::string text;    // A sentence, as in status.
    std::string since;
    std::uint64_t run = 0;
    std::optional<std::int32_t> pid;
    std::uint32_t restarts = 0;
    std::optional<std::string> due;       // The next retry, or the deadline of a start or a stop.
    std::string probe;                    // What its readiness check has met so far.
    std::string said;                     // What the service says of itself.
    std::string error;                    // Why it could not be started.
    std::string sick;                     // Which check fails, or why superd ended it.
    bool limited = false;                 // restart.limit is exceeded.
    std::string policy, limit, on_limit;  // As the unit's file has them: "10 in 1m 00s".
    std::string hook;                     // "pre-stop": it runs, and is waited for until `due`.
    std::string signal;                   // stopping: what was sent last.
    std::vector<std::string> left;        // stopping: its processes, "4711 sleep".
    std::vector<LastExit> deaths;         // Oldest first.
    std::optional<GivenCommand> command;  // The last one.
    std::string schedule;                 // Its timer's: "daily 03:00"; empty: it has none.
    std::optional<std::string> next_run;  // Of a timer; null: none is due.
    std::optional<OtherRun> other_run;    // While it is being replaced.
    std::optional<std::string> frozen_since;  // While it is held still. Sent only then.
    bool superd_stops = false;
};

// What was asked about comes first, the root of it last.
struct Explanation {
    std::vector<Link> chain;
};
struct Explanations {
    std::vector<Explanation> all;
};

std::string serialize(const Explanations& explanations);

// Throws boost::system::system_error on what is not of the shape.
Explanations parse_explanations(std::string_view text);

}  // namespace superd::wire
