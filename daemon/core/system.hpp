// All units together: the one state that decisions are made on, and `step`,
// the one function that makes them.
//
// step is pure: (system, event, now) -> system', effects. It reads no clock,
// no random device, no file. It is total: each (state, event) pair is defined,
// and one that cannot happen in a correct shell changes nothing.
//
// Decisions are level-triggered. An instance whose goal is up and that is
// `waiting` starts as soon as its dependencies allow, whatever made that true;
// so dependents heal themselves when what they need comes back.
#pragma once

#include "core/cause.hpp"
#include "core/event.hpp"
#include "core/instance.hpp"
#include "core/spec.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace superd::core {

// An edge of the dependency graph, as stored at its dependent.
struct Edge {
    UnitId unit = 0;
    DependencyKind kind = DependencyKind::needs;
    When when = When::ready;
};

// What somebody waits for.
enum class Wish : std::uint8_t {
    goal,
    scale,
    roll,    // Done when all that it is about has a new run, and the old ones are gone.
    apply,   // Likewise; but what is stopped is none of its business.
    freeze,  // Done when what runs stands still.
};

// Somebody waits for an answer.
struct PendingCommand {
    CommandId id = 0;
    InstanceId instance;  // index may be all_instances.
    Goal goal = Goal::up;
    // Of a change of their number: what is there from this index on; with what has to go.
    std::uint32_t first = 0;
    Wish wish = Wish::goal;
    RunId since = 0;  // Of a rolling restart: runs of this number or a higher one came after it.

    bool rolls() const { return wish == Wish::roll || wish == Wish::apply; }
};

// How often the on-crash hook of a unit ran lately.
struct CrashRate {
    std::vector<Instant> at;       // Inside the window, oldest first.
    std::uint32_t suppressed = 0;  // Since the last one.
};

struct Unit {
    UnitId id = 0;
    SharedSpec spec;                  // Never null.
    std::vector<Edge> edges;          // What it depends on.
    std::vector<UnitId> dependents;   // Who has an edge to it.
    std::vector<Instance> instances;  // By index; surplus ones are `removed` until down.
    // Second runs by their instance's number: one that is to take the place of the
    // first, or that has given its place to it and is ending. Whose run is the
    // higher is the newer.
    std::map<std::uint32_t, Instance> beside;
    std::vector<PendingCommand> pending;
    std::vector<UnitId> members;   // Of a group, in order.
    UnitId group = 0;              // The group it is a member of; 0: none.
    std::uint32_t scaled = 0;      // The number of instances the operator chose; 0: the spec's.
    std::uint32_t autoscaled = 0;  // The number superd chose; 0: none.
    bool removed = false;          // Left the configuration; forgotten when down.
    std::unique_ptr<CrashRate> crashes;
    bool rolling = false;      // A rolling restart is under way.
    std::string roll_failure;  // How the last one failed; empty if it did not.
    Instant recycle_due{};     // When an instance will be old enough, if that is timed.
    Instant recycle_pause{};   // Not before: a replacement has failed.
    std::uint32_t recycle_timer = 0;
    bool queued = false;       // Within a step: it is to be looked at,
    bool starts = false;       // or started, when nobody is left to be looked at.
    std::uint32_t walked = 0;  // By which walk over the graph it was met last.
};

// How many instances it is to have.
std::uint32_t wanted_instances(const Unit& unit);

// Whether a process of it may live, in any place.
bool any_alive(const Unit& unit);

// How far a rolling restart has come.
struct RollProgress {
    std::uint32_t done = 0, of = 0;
};
std::optional<RollProgress> roll_progress(const Unit& unit);

// When an instance is old enough to be recycled.
Instant recycle_at(const RecycleRule& rule, const Instance& instance);

// What a supervisor that takes over tells of one instance (from its records).
// States that named a live process are given as they were; the shell then
// feeds Exited for each run that ended in between.
struct Restored {
    std::string unit;
    std::uint32_t index = 0;
    Instance instance;
    std::uint32_t scaled = 0;      // Unit::scaled; that of the first instance counts.
    std::uint32_t autoscaled = 0;  // Likewise.
};

// "degraded: http: refused, 3 in a row"; empty for one that is well.
std::string degraded(const UnitSpec& unit, const Instance& instance);

class System {
public:
    // `seed` feeds jitter, nothing else. `next_run` is the first run number to hand out.
    explicit System(std::uint64_t seed, RunId next_run = 1);

    // Makes `specs` the configuration, touching nothing that runs: new units
    // and instances come to be (up if autostart), missing ones are stopped and
    // forgotten, changed specs take effect for decisions from now on.
    // The specs have been validated: names are unique, every dependency
    // exists, there is no cycle.
    Effects apply(std::vector<SharedSpec> specs, Instant now);

    // As apply, for the first configuration of a supervisor that takes over:
    // instances named in `restored` continue as they were, all others begin as new.
    // Timers are armed again; effects that may have been lost are repeated.
    Effects adopt(std::vector<SharedSpec> specs, std::vector<Restored> restored, Instant now);

    Effects step(const Event& event, Instant now);

    const Unit* find(std::string_view name) const;
    const Unit* find(UnitId id) const;
    const Instance* find(InstanceId id) const;
    // In order of name.
    std::vector<const Unit*> units() const;
    std::size_t size() const { return by_id_.size(); }
    RunId next_run() const { return next_run_; }
    bool shutting_down() const { return shutting_down_; }

    // The dependency that holds a `waiting` (or dependency-stopped) instance
    // back, if any: the first in order of definition.
    std::optional<Edge> blocker(const Unit& unit) const;

    // Why the instance is not up, if that is because of another one (cause.cpp).
    std::optional<Cause> cause(InstanceId id) const;
    // That, why that one is not, and so on: the root comes last.
    std::vector<Cause> causes(InstanceId id) const;

    // Whether runs of the instance are planned, and what the wall clock shows.
    bool on_schedule(const Unit& unit, const Instance& instance) const;
    std::optional<std::int64_t> wall_at(Instant now) const;

    // All that a group consists of, groups in it replaced by their members;
    // of any other unit itself.
    std::vector<UnitId> leaves(UnitId id) const;

    // The state's reason as a sentence for people, without the state's name:
    // "on db: not ready", "retry 3 in 0.4 s after exit 1". No trailing period.
    std::string describe(InstanceId id, Instant now) const;

private:
    friend class Stepper;  // stepper.hpp: one step at work.

    std::string describe_state(InstanceId id, Instant now) const;

    // dependencies.cpp
    bool satisfied(const Edge& edge) const;
    bool going(const Unit& unit) const;  // Unwanted or bound to end: dependents must end first.
    bool lost(const Unit& unit) const;   // Going, or given up.
    bool dependency_lost(const Unit& unit) const;

    std::string outlook(InstanceId id, Instant now) const;

    // cause.cpp
    std::optional<InstanceId> guilty_member(const Unit& group, InstanceId but) const;
    std::optional<InstanceId> late_member(const Unit& group, InstanceId but) const;
    std::optional<InstanceId> lagging_member(const Unit& group) const;
    std::optional<Cause> end_of_superd(InstanceId id) const;
    std::optional<Cause> lost_need(const Unit& unit) const;
    std::optional<Cause> ended_group(const Unit& unit) const;
    std::optional<Cause> why_waiting(const Unit& unit, InstanceId id) const;
    std::optional<Cause> why_held_up(const Unit& unit) const;

    // groups.cpp
    const Unit* group_of(const Unit& unit) const;
    bool group_ended(const Unit& unit) const;
    std::string laggard(const Unit& group) const;
    // The group whose restart keeps this waiting instance from starting, if any.
    bool holds(const Unit& group, const Instance& instance, bool until_all_may_start) const;
    const Unit* held_by_group(const Unit& unit, const Instance& instance) const;

    std::map<std::string, UnitId, std::less<>> by_name_;
    std::map<UnitId, std::unique_ptr<Unit>> by_id_;
    std::vector<Unit*> by_number_;  // The same by position; null: forgotten.
    std::uint32_t walks_ = 0;       // Over the graph, so far.
    std::mt19937_64 random_;
    Timing timing_;
    RunId next_run_ = 1;
    UnitId next_unit_ = 1;
    std::uint32_t alive_ = 0;   // Instances of which a process may live.
    std::uint32_t timers_ = 0;  // Generations of timers so far: no place has the same one twice.
    bool shutting_down_ = false;
    std::int32_t exit_code_ = 0;  // superd's, once it is shutting down.
    bool told_all_down_ = false;
};

}  // namespace superd::core
