// The JSON shapes of the control API, as structs. daemon/control/openapi.yaml
// documents them; field names on the wire are kebab-case, times are RFC 3339
// strings, durations are seconds as numbers, and what is not known is null.
#pragma once

#include "wire/metric.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

namespace superd::wire {

inline constexpr int schema = 1;

struct ProcessStatus {
    std::int32_t pid = 0;
    std::string since;
    std::uint32_t restarts = 0;
};

struct LastExit {
    std::string at;
    double uptime = 0;
    std::optional<int> code;            // Neither code nor signal: nobody saw it end.
    std::optional<std::string> signal;  // "SIGSEGV"
    bool core = false, oom = false;
    std::vector<std::string> lines;  // "out: …", "err: …"; oldest first.
    std::uint64_t run = 0;
    std::int32_t pid = 0;
    std::optional<double> cpu;            // Seconds used; empty: not known.
    std::optional<std::uint64_t> memory;  // Bytes resident, at the peak.
    std::string ended_by;  // Why superd ended it: "check-failed"; empty: it ended by itself.
    std::string cause;  // More of that: "check http: refused"; what a worker noted as it crashed.
    std::vector<std::string>
        stack;  // Where a worker crashed, innermost first. Not sent when empty.
};

struct CheckStatus {
    std::string name;
    std::string state;           // "starting" until it has passed once; "passing", "failing"
    std::uint32_t failures = 0;  // In a row.
    std::string since;           // Of the state.
    std::string message;         // What the last failure met; empty after a success.
};

// Of an instance whose run is being replaced: the one to come, or the one that was.
struct OtherRun {
    std::uint64_t run = 0;
    std::optional<std::int32_t> pid;
    std::string state, reason;
};

// A rolling restart under way.
struct RollingStatus {
    std::uint32_t done = 0, of = 0;  // So many of so many instances have new processes.
};

// What a worker of a hosted service says of itself.
struct WorkerStatus {
    std::uint64_t done = 0;             // Tasks ended since it began.
    std::optional<double> per_second;   // Of them, in the last seconds; empty: it is too young.
    std::uint64_t live = 0;             // Coroutines and tasks.
    std::uint32_t busy = 0, slots = 0;  // Threads and loops: at work, and all.
    double lag = 0, lag_worst = 0;      // Seconds that its loops' beats were late.
    std::uint64_t unlisted = 0;         // Tasks that found no place in the list.
    std::string stall;                  // What gives no sign of life; empty: nothing.
    std::vector<Metric> metrics;        // What the service counts. Not sent when empty.
};

// The share of the last ten seconds, in percent, in which some process waited for it.
struct PressureStatus {
    std::optional<double> cpu, memory, io;
};

struct InstanceStatus {
    std::uint32_t index = 0;
    std::optional<std::int32_t> pid;
    std::string goal, state, reason;
    std::string since;
    std::optional<std::string> ready_since;
    std::uint64_t run = 0;
    std::uint32_t restarts = 0;
    std::optional<std::string> next_retry;
    std::optional<LastExit> last_exit;
    std::optional<std::uint64_t> memory;             // Bytes: of its control group, else resident.
    std::optional<std::uint64_t> memory_peak, swap;  // Of its group. Not sent where it has none.
    std::optional<double> cpu;                       // Seconds used so far.
    std::optional<std::uint64_t> tasks;  // Threads of all its processes. Sent with memory and cpu.
    std::optional<PressureStatus> pressure;   // Not sent where the kernel does not tell.
    std::optional<std::string> frozen_since;  // Sent only while it is held still.
    std::optional<std::string> next_run;      // Of a unit with a timer; not sent for others.
    std::optional<std::string> last_run;      // When a run was last due and started. Likewise.
    bool suspended = false;                   // Its timer is. Sent only when true.
    std::vector<CheckStatus> checks;          // While it is ready. Not sent when there are none.
    std::optional<OtherRun> other_run;        // Not sent when there is none.
    std::optional<WorkerStatus> worker;       // While it is ready. Not sent for what is not hosted.
    std::vector<LastExit> deaths;             // The last ones, oldest first. Not sent when empty.
};

// One of the sockets at an address.
struct SocketStatus {
    std::optional<std::uint32_t> instance;        // Whose it is; null: all share it.
    bool open = true;                             // Whether it gets what is new.
    std::optional<std::uint32_t> waiting, limit;  // Connections; null: the kernel does not tell.
};
struct ListenerStatus {
    std::string name, address;
    std::vector<SocketStatus> sockets;
};

struct TimerStatus {
    std::string schedule;  // "every 1h", "daily 03:00"
    std::string overlap;   // skip | queue | kill
    bool catch_up = false;
};

struct UnitStatus {
    std::string name, description;
    std::string goal, state, reason;  // Of the instance that is worst off.
    std::vector<InstanceStatus> instances;
    std::vector<std::string> files;  // "units/web.toml" and its drop-ins; empty if it has none.
    std::optional<std::uint32_t> configured;   // Instances, when the operator chose another number.
    std::optional<std::uint32_t> least, most;  // Between these superd chooses, if it does.
    std::vector<ListenerStatus> listeners;     // While they are open. Not sent when there are none.
    bool enabled = true;                       // It starts by itself...
    bool enabled_by_operator = false;          // ...whatever its file says. Sent only when true.
    std::optional<TimerStatus> timer;          // Not sent when there is none.
    bool cores = false;                        // instances = "cores"; sent only when true.
    std::optional<RollingStatus> rolling;      // Sent only while it is under way.
    std::vector<std::string> notices;          // What of its definition does not hold. Likewise.
    std::string rolling_failure;  // How the last rolling restart failed; sent only if it did.
};

struct Status {
    std::string version;
    ProcessStatus keeper, supervisor, logger;  // keeper.restarts is not sent.
    std::vector<UnitStatus> units;
};

// The short form: one row a unit.
struct SummaryRow {
    std::string name, state, goal;
    std::uint32_t ready = 0, instances = 0;  // How many of how many are ready or completed.
    std::optional<std::int32_t> pid;         // When it has one instance.
    std::uint32_t restarts = 0;
    std::int64_t since_ms = 0;  // How long it has been in this state.
    std::string reason;
};
struct Summary {
    std::vector<SummaryRow> rows;
};

// Null where there is no value, and where it is never shown: a variable's.
struct PlannedValue {
    std::string key;
    std::optional<std::string> from, to;  // As TOML.
    bool restarts = false;
};
struct PlannedChange {
    std::string unit;
    std::string change;  // added | removed | live | restart | instances
    std::vector<std::string> keys;
    std::string detail;  // "instances 2 → 5", "restarts: exec, env.PORT differ"
    bool applied = false;
    std::vector<PlannedValue> values;  // As keys; of a plan only.
    std::vector<std::string> files;    // "units/web.toml", and its drop-ins; of a plan only.
};
struct Plan {
    std::vector<std::string>
        errors;  // "units/web.toml:7:9: cannot use …"; then nothing was applied.
    std::vector<PlannedChange> changes;
};

std::string serialize(const Status& status);
std::string serialize(const Summary& summary);
std::string serialize(const Plan& plan);

// Throw boost::system::system_error on what is not of the shape.
Status parse_status(std::string_view text);
Summary parse_summary(std::string_view text);
Plan parse_plan(std::string_view text);

}  // namespace superd::wire
