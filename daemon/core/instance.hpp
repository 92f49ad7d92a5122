// One instance of a unit as the core sees it: its state, its goal and the few
// facts that decisions about it need.
//
//            start                spawned              ready
//  inactive ───────► waiting ───► starting ──────────► ready ──┐
//     ▲                 ▲            │  exit, not ready in time │ exit
//     │ stop            │ due        ▼                          ▼
//     └───────────── backoff ◄──── stopping (its tree is ended) ┘
//                                    │
//                                    └──► inactive · completed · failed
//
// `goal` is the operator's and is never written by automation. A run is one
// process lifetime; its number is unique in the life of a runtime directory and
// grows, and each event about a process names it.
#pragma once

#include "core/check.hpp"
#include "core/hook.hpp"
#include "core/renewal.hpp"
#include "core/schedule.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superd::core {

// Stable for the life of the unit's definition; never reused within a System.
using UnitId = std::uint32_t;
using RunId = std::uint64_t;      // 0: no run.
using CommandId = std::uint64_t;  // Chosen by the caller; 0: nobody waits for the answer.

struct InstanceId {
    UnitId unit = 0;
    std::uint32_t index = 0;
    friend bool operator==(const InstanceId&, const InstanceId&) = default;
};

// While an instance's run is being replaced there are two of them. The second
// one has a place of its own, whose index is the instance's number and this bit.
inline constexpr std::uint32_t beside_bit = 0x4000'0000;
// A timer of the whole unit's is armed under this index.
inline constexpr std::uint32_t unit_timer = 0x2000'0000;

constexpr bool is_beside(InstanceId id) { return (id.index & 0xc000'0000) == beside_bit; }
// What web/2 is called by, wherever its run is.
constexpr std::uint32_t number_of(InstanceId id) {
    return is_beside(id) ? id.index & ~beside_bit : id.index;
}
constexpr InstanceId in_place(InstanceId id) { return {id.unit, number_of(id)}; }
constexpr InstanceId beside(InstanceId id) { return {id.unit, number_of(id) | beside_bit}; }

enum class Goal : std::uint8_t { down, up };

enum class State : std::uint8_t {
    inactive,   // Nothing runs, nothing is due.
    waiting,    // Wanted, held back by a dependency.
    starting,   // Its process runs (or is being spawned) and is not ready yet.
    ready,      // Runs, and is of use to its dependents.
    stopping,   // Its process tree is being ended, or is ending after its leader died.
    backoff,    // Failed; a retry is due at `due`.
    failed,     // Given up until the operator acts.
    completed,  // A oneshot that ended with success.
};

// Why an instance is in its state. `describe` (system.hpp) makes the sentence.
enum class Reason : std::uint8_t {
    none,
    not_started,        // inactive: its goal was never up
    stopped,            // inactive/stopping: the operator asked
    dependency,         // waiting/stopping: see System::blocker
    spawning,           // starting
    awaiting_ready,     // starting
    running,            // ready, without a readiness check
    reported_ready,     // ready
    restart_requested,  // stopping: the operator asked for a restart
    removed,            // stopping: its unit or instance left the configuration
    shutdown,           // stopping: superd stops
    ready_timeout,      // stopping/backoff/failed: it was not ready in time
    ready_failed,       // stopping/backoff/failed: its readiness check cannot succeed
    exited,             // backoff/failed/inactive/completed: see last_exit
    spawn_failed,       // backoff/failed: see spawn_error
    leftovers,          // stopping: the leader is gone, its tree is not
    no_restart,         // failed/inactive: its policy forbids a restart
    check_failed,       // stopping/backoff/failed: see Health::cause
    check_stopped,      // stopping/failed: likewise; its on-failure is "stop"
    watchdog,           // stopping/backoff/failed: likewise
    overstayed,         // stopping/backoff/failed: it said that it stops, and did not
    group,              // stopping/inactive/failed: its group has ended
    group_restart,      // stopping: started again with another member of its group
    members,            // of a group; starting: not all are up; failed: one has failed
    group_limit,        // of a group; stopping/failed: members failed too often
    significant,        // of a group; stopping/completed: a significant member is done
    pre_start,          // starting: that hook runs
    post_start,         // starting: it would be ready, and that hook runs
    pre_start_failed,   // stopping/backoff/failed: see spawn_error
    post_start_failed,  // stopping/backoff/failed: likewise
    renewal,            // stopping: to be started again, see Instance::renewal
    replaced,           // stopping: another run has taken its place
    superfluous,        // stopping: it was to take the place of a run that stays
    scheduled,          // inactive: its timer says when it runs
    overrun,            // stopping: its next run is due
    demand,             // waiting: for a connection to start it
    idle,               // stopping: nobody used it for long, the next connection starts it again
    stalled,            // stopping/backoff/failed: see Health::cause
};

// What a service last said it is doing (RELOADING=1, STOPPING=1 of sd_notify(3)).
enum class Announced : std::uint8_t { nothing, reloading, stopping };

// Whether the processes of its run are held still (superctl freeze).
enum class Freeze : std::uint8_t {
    none,
    asked,  // Some may run yet. What is timed or asked of the run is not, from here on.
    frozen,
};

// Why the present run was begun, or the next one is to be.
enum class Origin : std::uint8_t {
    start,    // It was not up before.
    restart,  // The operator asked, or a group's strategy.
    reload,   // It has another configuration.
    recycle,
    scale,    // There are to be more.
    stalled,  // The run before gave no sign of life.
    ended,    // The run before ended by itself, see last_exit.
};
std::string_view to_string(Origin origin);

// How a process ended. Exactly one of code, signal, unknown tells.
struct ExitStatus {
    std::int32_t code = 0;    // Meaningful when `signal` is 0 and `unknown` is false.
    std::int32_t signal = 0;  // 0: it exited by itself.
    bool core = false;        // The kernel wrote a core dump.
    bool oom = false;         // The kernel's OOM killer ended it.
    bool unknown = false;     // It ended while nobody who may know was watching.
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

struct LastExit {
    Instant at{};
    Duration uptime{};
    RunId run = 0;
    std::int32_t pid = 0;
    ExitStatus status;
};

// A failure that the on-crash hook has not been told of to its end.
struct Crash {
    RunId run = 0;
    Reason reason = Reason::none;  // As that of the state that follows from it.
    std::uint32_t suppressed = 0;  // So many before it were not told of: too many.
};

struct Instance {
    Goal goal = Goal::down;
    State state = State::inactive;
    Reason reason = Reason::not_started;
    Announced announced = Announced::nothing;  // By the current run.
    Hook hook = Hook::none;      // That runs and is waited for, until `due`; starting, stopping.
    std::uint8_t stop_step = 0;  // Which of UnitSpec::stop was sent last, while stopping.
    bool dormant = false;        // It is to sleep until a connection comes, see AwaitDemand.
    Origin origin = Origin::start;
    Freeze freeze = Freeze::none;    // starting, ready.
    bool draining = false;           // stopping: it has not been told so yet, see Drain.
    bool leader_gone = false;        // stopping: the main process has ended, its tree may not have.
    bool restart_requested = false;  // stopping: start again when down, whatever the policy.
    bool run_failed = false;         // stopping: superd ends this run because it failed.
    bool transient = false;          // stopping: what failed was not the unit's fault.
    bool limited = false;            // backoff, failed: restart.limit is exceeded besides.
    bool removed = false;            // Not in the configuration any more: forgotten when down.
    RunId run = 0;                   // The current run, or the last one.
    std::int32_t pid = 0;            // Of the main process; 0 when none lives.
    std::uint32_t attempt = 0;       // Position in the back-off; 0 after a stable run.
    std::uint32_t generation = 0;    // Runs so far; the current one counts.
    std::uint32_t restarts = 0;      // Automatic restarts since the goal last became up.
    std::uint32_t timer = 0;         // Generation of the armed timer; a stale one is ignored.
    Instant since{};                 // Of the state.
    Instant started{};               // Of the current run.
    Instant ready_at{};              // Of the current run; epoch when not ready.
    Instant due{};                   // backoff: the retry; starting, stopping: the deadline.
    Instant frozen_since{};          // Of `freeze`; epoch when it is none.
    std::vector<Instant> restarts_at;  // Inside the limit's window, oldest first.
    std::unique_ptr<LastExit> last_exit;
    std::unique_ptr<std::string> spawn_error;  // A sentence; of the last attempt to start.
    std::unique_ptr<Crash> crash;              // The last one.
    std::unique_ptr<Health> health;            // Of the current run, or the last one.
    std::unique_ptr<Renewal> renewal;          // It is to be given a new run.
    std::unique_ptr<Schedule> schedule;        // Of a unit with a timer.
};

// True while a process of the instance may live.
bool alive(const Instance& instance);

// True while its run is held still, or about to be: nothing is expected of it.
inline bool held(const Instance& instance) { return instance.freeze != Freeze::none; }

// Empty: its run can be held still, as far as that is a matter of itself; else why not, a fragment.
std::string why_not_held(const Instance& instance);

// On its way up, or down and up again: of no use to anybody now.
bool missing(const Instance& instance);

// It does not run, and nothing is wrong with that: it is done, or not due yet.
bool idle(const Instance& instance);

// "next run in 5 min"; empty for one that is not on a timer.
std::string schedule_note(const Instance& instance, Instant now);

std::string_view to_string(State state);
std::string_view to_string(Goal goal);
std::string_view to_string(Reason reason);

// "exit 1", "signal SEGV (core dumped)", "unknown (nobody saw it end)".
std::string describe(const ExitStatus& status);

// "SIGTERM" and the like for the numbers superd may meet; "signal 64" otherwise.
std::string signal_name(std::int32_t number);

}  // namespace superd::core
