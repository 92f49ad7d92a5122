// What must be done about events, as data: what the shell carries out, in order.
#pragma once

#include "core/instance.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace superd::core {

// The instance sleeps: tell when somebody wants it, by Demanded, or DemandFailed. It is asked for
// again after each failure and by a supervisor that takes over.
struct AwaitDemand {
    InstanceId instance;
};
// Start a process; answer with Spawned or SpawnFailed. Never asked for while
// an earlier run of the instance may live.
struct Spawn {
    InstanceId instance;
    RunId run = 0;
};
// Begin to watch for readiness; answer with BecameReady or ReadyFailed.
struct AwaitReady {
    InstanceId instance;
    RunId run = 0;
};
// Stop watching; nothing more is expected of that run's readiness.
struct ForgetReady {
    InstanceId instance;
    RunId run = 0;
};
// Begin to ask what UnitSpec::checks says, in place of what was asked before:
// CheckPassed or CheckFailed each time.
struct StartChecks {
    InstanceId instance;
    RunId run = 0;
};
struct StopChecks {
    InstanceId instance;
    RunId run = 0;
};
// A check has failed as often as it may, or is well again: to be told.
struct CheckTurned {
    InstanceId instance;
    RunId run = 0;
    std::uint32_t check = 0;
    bool failing = false;
    std::string text;
};
// The run is one too many. Have others take what is new, and answer with Drained once it has
// taken what waited for it; it is not told to stop before.
struct Drain {
    InstanceId instance;
    RunId run = 0;
};
// Send to the run's whole tree (its leader's process group while the leader
// lives, and every process found to belong to it).
struct Signal {
    InstanceId instance;
    RunId run = 0;
    std::int32_t number = 0;
};
// Hold the run's processes still, FreezeTold follows; or let them go on before anything else.
struct SetFrozen {
    InstanceId instance;
    RunId run = 0;
    bool on = false;
};
// The run stands still from now on, or goes on: to be told.
struct FreezeChanged {
    InstanceId instance;
    RunId run = 0;
    bool frozen = false;
};
// Run that hook for the run; answer with HookEnded. One that is not defined (any
// more) has succeeded. Asked again after a supervisor's death: a hook may be run twice.
struct RunHook {
    InstanceId instance;
    RunId run = 0;
    Hook hook = Hook::none;
};
// End it, with all of its process group; no answer is expected.
struct CancelHook {
    InstanceId instance;
    RunId run = 0;
    Hook hook = Hook::none;
};
// What came of a hook: to be told.
struct HookTold {
    InstanceId instance;
    RunId run = 0;
    Hook hook = Hook::none;
    bool ok = false;
    std::string text;  // "ended with exit 3"
};
// A run has failed, and that is to be told to the on-crash hook, for which nobody waits and
// which the shell ends when it takes too long; HookEnded follows.
struct Crashed {
    InstanceId instance;
    RunId run = 0;
    Reason reason = Reason::none;
    std::string text;              // "exit 3"
    std::uint32_t suppressed = 0;  // Failures of the unit before it that were not told.
};
// Find out whether the tree of the run is gone: answer TreeEmpty, or TreeLeft
// now and TreeEmpty as soon as it is. Repeated asking is harmless.
struct Sweep {
    InstanceId instance;
    RunId run = 0;
};
// One timer an instance: a new one replaces the old.
struct ArmTimer {
    InstanceId instance;
    std::uint32_t timer = 0;
    Instant at{};
};
struct DisarmTimer {
    InstanceId instance;
};
// One for all units with timers: ScheduleDue at that moment; epoch: never.
struct ArmSchedule {
    Instant at{};
};
// A run that was due was skipped, put off or made up: to be told.
struct TimerTold {
    InstanceId instance;
    RunId run = 0;
    std::string text;
};
// The state, goal or a recorded fact changed: persist and publish it.
struct Changed {
    InstanceId instance;
    State from = State::inactive;
    State to = State::inactive;
};
// The instance is not known any more (see System::apply); forget it everywhere.
struct Forget {
    InstanceId instance;
    std::string unit;
};

enum class Outcome : std::uint8_t {
    done,        // It is as the command asked.
    failed,      // It cannot be; the instance's reason says why.
    superseded,  // A later command on the same unit took its place.
};
struct Answer {
    CommandId command = 0;
    InstanceId instance;
    Outcome outcome = Outcome::done;
    std::string text;  // Why; empty: its state tells.
};
// The runs of an instance have changed places: what the shell keeps under the
// one id is the other's from now on, but for what is the instance's own, as its
// name and the descriptors that it left to its next run. Timers are armed anew.
struct Swapped {
    InstanceId instance;  // In place; the other is beside it.
};
enum class RollPhase : std::uint8_t { begun, started, replaced, failed, done, cancelled };
// How the replacing of runs goes on: to be told.
struct RollTold {
    InstanceId instance;  // index may be all_instances.
    RunId run = 0;        // The new one; 0: there is none.
    RollPhase phase{};
    std::string text;
};
// An essential instance is lost for good, so superd stops, to exit with that
// instance's exit code (128 + signal as shells have it; 1 for what never ran).
// To be remembered: the next supervisor is to be told ShutdownRequested with it.
struct ShuttingDown {
    InstanceId lost;
    std::int32_t exit_code = 0;
};
// Shutdown is complete: no process of any unit is left.
struct AllDown {
    std::int32_t exit_code = 0;
};

using Effect =
    std::variant<Spawn, AwaitReady, ForgetReady, StartChecks, StopChecks, CheckTurned, Signal,
                 Sweep, ArmTimer, DisarmTimer, Changed, Forget, Answer, ShuttingDown, AllDown,
                 Drain, RunHook, CancelHook, HookTold, Crashed, Swapped, RollTold, ArmSchedule,
                 TimerTold, AwaitDemand, SetFrozen, FreezeChanged>;
using Effects = std::vector<Effect>;

}  // namespace superd::core
