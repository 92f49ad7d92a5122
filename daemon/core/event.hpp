// What may happen, as data; what must be done about it is in effect.hpp.
//
// Every event about a process names the run it is about and every timer its
// generation, so that one delayed in the shell cannot move a later run.
#pragma once

#include "core/effect.hpp"
#include "core/instance.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace superd::core {

// The operator's wishes. `instance.index == all_instances`: the whole unit.
inline constexpr std::uint32_t all_instances = 0xffff'ffff;

struct StartRequested {
    InstanceId instance;
    CommandId command = 0;
};
struct StopRequested {
    InstanceId instance;
    CommandId command = 0;
};
// Stops what runs and starts it again; starts what does not run.
struct RestartRequested {
    InstanceId instance;
    CommandId command = 0;
    bool apply = false;  // For the sake of a new configuration.
};
// Forgets failures: `failed` becomes inactive or a start, a back-off starts over at once. What
// has a timer is inactive then, until its next run is due.
struct ResetRequested {
    InstanceId instance;
    CommandId command = 0;
};

// Gives what runs a new run, some instances of the unit after others; starts what does not run.
struct RollRequested {
    InstanceId instance;
    CommandId command = 0;
    std::uint32_t batch = 0;  // So many at once; 0: as RollingRule says.
    bool apply = false;       // For the sake of a new configuration.
};

// The operator wants another number of instances than the configuration says; 0: that again.
struct ScaleRequested {
    UnitId unit = 0;
    std::uint32_t count = 0;
    CommandId command = 0;
};

// superd itself finds another number of instances better (ScaleRule, Autoscaler). The operator's
// own number wins.
struct Autoscaled {
    UnitId unit = 0;
    std::uint32_t count = 0;
};
// Somebody wants something of a unit that sleeps.
struct Demanded {
    UnitId unit = 0;
};
// A sleeping instance cannot be reached, so nobody could wake it. `error` is a sentence.
struct DemandFailed {
    InstanceId instance;
    std::string error;
};
// Nobody has used the unit for its idle_timeout.
struct FellIdle {
    UnitId unit = 0;
};

struct Spawned {
    InstanceId instance;
    RunId run = 0;
    std::int32_t pid = 0;
};
// `error` is a sentence for people. `transient`: the machine's fault, not the
// unit's (EAGAIN, ENOMEM, EMFILE): retried with back-off and never counted
// against the restart limit.
struct SpawnFailed {
    InstanceId instance;
    RunId run = 0;
    std::string error;
    bool transient = false;
};
struct BecameReady {
    InstanceId instance;
    RunId run = 0;
};
// Readiness can not come any more (the descriptor was closed, say).
struct ReadyFailed {
    InstanceId instance;
    RunId run = 0;
};
// Nothing waits for the run any more, and nothing new will: the answer to `Drain`.
struct Drained {
    InstanceId instance;
    RunId run = 0;
};
// The main process ended. Told exactly once a run, but a repetition does no harm.
struct Exited {
    InstanceId instance;
    RunId run = 0;
    ExitStatus status;
};
// No process of the run's tree is left: an answer to `Sweep`, once the main process has ended.
struct TreeEmpty {
    InstanceId instance;
    RunId run = 0;
};
// The main process has ended but others of its tree live: the other answer to
// `Sweep`, given at once; TreeEmpty follows when they are gone.
struct TreeLeft {
    InstanceId instance;
    RunId run = 0;
};
struct TimerFired {
    InstanceId instance;
    std::uint32_t timer = 0;
};
// What a check of a run that is ready came to, once for each time it was asked.
struct CheckPassed {
    InstanceId instance;
    RunId run = 0;
    std::uint32_t check = 0;  // Index in UnitSpec::checks.
};
struct CheckFailed {
    InstanceId instance;
    RunId run = 0;
    std::uint32_t check = 0;
    std::string problem;  // A fragment: "connection refused".
};
// The service says that it is well, or that it is not.
struct WatchdogTold {
    InstanceId instance;
    RunId run = 0;
    bool hung = false;  // WATCHDOG=trigger
    Duration every{};   // From now on expect it in this interval; 0: as before.
};
// The service says what it is doing; `nothing`: it is done with it.
struct ServiceAnnounced {
    InstanceId instance;
    RunId run = 0;
    Announced what = Announced::nothing;
};
// It asks for more time than the deadline that is running leaves it.
struct TimeoutExtended {
    InstanceId instance;
    RunId run = 0;
    Duration by{};  // From now.
};
// Another process of its tree is the main one from now on.
struct MainChanged {
    InstanceId instance;
    RunId run = 0;
    std::int32_t pid = 0;
};
// A hook that `RunHook` or `Crashed` asked for has ended; `text` says how, to complete
// "pre-start hook ": "ended with exit 3".
struct HookEnded {
    InstanceId instance;
    RunId run = 0;
    Hook hook = Hook::none;
    bool ok = false;
    std::string text;
};
// So much the run's tree uses.
struct MemoryMeasured {
    InstanceId instance;
    RunId run = 0;
    std::uint64_t bytes = 0;
};
// The service wants to be given a new run.
struct RecycleAsked {
    InstanceId instance;
    RunId run = 0;
    std::string why;
};
// A worker has given no sign of life, or was at one task, for longer than its unit lets it.
struct Stalled {
    InstanceId instance;
    RunId run = 0;
    bool kill = false;  // At once; else once another run has taken its place.
    std::string why;
};
// The operator wants what runs to stand still, or to go on.
struct FreezeRequested {
    InstanceId instance;
    CommandId command = 0;
    bool on = true;
};
// What the kernel shows: all stand still, or nobody is held. `error`, a sentence: it cannot be.
struct FreezeTold {
    InstanceId instance;
    RunId run = 0;
    bool frozen = false;
    std::string error;
};
// What the wall clock says at some moment, and how it is ahead of UTC in the 70 days before and
// after: at the beginning, whenever it was set, and before that is not known any more.
struct ClockTold {
    Instant at{};
    std::int64_t wall_ns = 0;  // CLOCK_REALTIME, at that moment.
    std::shared_ptr<const Zone> local;
};
// The moment that ArmSchedule named.
struct ScheduleDue {};
// What is remembered of an instance's timer from before superd was started.
struct RanBefore {
    InstanceId instance;
    std::int64_t seen_ns = 0, last_ns = 0;  // Schedule::seen and last
};
// The operator suspends the unit's timer, or has it go on.
struct ScheduleRequested {
    UnitId unit = 0;
    bool on = false;
};
// superd is to stop: everything goes down in reverse order, then AllDown.
struct ShutdownRequested {
    std::int32_t exit_code = 0;  // superd's; of no meaning when it stops already.
};

using Event = std::variant<StartRequested, StopRequested, RestartRequested, ResetRequested, Spawned,
                           SpawnFailed, BecameReady, ReadyFailed, Exited, TreeEmpty, TreeLeft,
                           TimerFired, CheckPassed, CheckFailed, WatchdogTold, ServiceAnnounced,
                           TimeoutExtended, MainChanged, ShutdownRequested, ScaleRequested, Drained,
                           HookEnded, RollRequested, MemoryMeasured, RecycleAsked, ClockTold,
                           ScheduleDue, RanBefore, ScheduleRequested, Autoscaled, Demanded,
                           DemandFailed, FellIdle, Stalled, FreezeRequested, FreezeTold>;

}  // namespace superd::core
