// One step of the System at work: the state it changes, the moment it happens
// at, the effects it has so far, and the units whose situation must be looked
// at again because something that they depend on, or that depends on them, changed.
#pragma once

#include "core/system.hpp"

#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace superd::core {

// The step of the escalation that a stop is at, and how many there are.
StopStep stop_step(const UnitSpec& spec, const Instance& instance);
// "not ready in time": why superd ended its run, or the run itself did.
std::string why_it_failed(const Instance& instance);
std::size_t stop_steps(const UnitSpec& spec, const Instance& instance);

// "not ready in time": what a failure with that reason was, as a fragment.
std::string why_it_failed(Reason reason, const Instance& instance);

bool has_hook(const UnitSpec& spec, Hook hook);

// The number nearest to it that superd may choose; 0: it chooses none.
std::uint32_t within(const UnitSpec& spec, std::uint32_t count);

// Why the run that comes of it was begun.
Origin origin_of(const Renewal& renewal);

// Units whose turn is still to come in a step.
class Touched {
public:
    void push(UnitId id) { ids_.push_back(id); }
    bool empty() const { return next_ == ids_.size(); }
    UnitId take() { return ids_[next_++]; }

private:
    std::vector<UnitId> ids_;
    std::size_t next_ = 0;
};

// Who wants something. A client starts neither what the operator has stopped nor what was given up.
enum class Whose : std::uint8_t { operators, clients };

class Stepper {
public:
    Stepper(System& system, Instant now) : system_{system}, now_{now} {}

    // events.cpp: what happened to a process, a timer, or superd.
    void handle(const Event& event);
    // configure.cpp
    void apply(std::vector<SharedSpec> specs);
    void adopt(std::vector<SharedSpec> specs, std::vector<Restored> restored);
    // Settles everything that the above touched and returns the effects, in order.
    Effects finish();

private:
    // commands.cpp: the operator's wishes.
    void start(const StartRequested& request);
    void stop(const StopRequested& request);
    void restart(const RestartRequested& request);
    void reset(const ResetRequested& request);
    void want_up(Unit& unit, Instance& instance);
    void want_again(Unit& unit, Instance& instance);
    void want_down(Unit& unit, Instance& instance);
    void ask_restart(Unit& unit, Instance& instance, Origin origin = Origin::restart);
    void reset(Unit& unit, Instance& instance);
    template <class Visit>
    void each_member(Unit& group, Visit&& visit);
    void start_members(Unit& group, Whose wish = Whose::operators);
    void forget_failures(Instance& instance);
    // Sets the goal of what `unit` needs or wants to up, and of what these need.
    void pull_dependencies(const Unit& unit, Whose wish = Whose::operators);
    void pull(Unit& dependency, Whose wish = Whose::operators);
    void scale(const ScaleRequested& request);
    // Remembers who waits, after telling those whose wish this one contradicts.
    void await(Unit& unit, InstanceId target, CommandId command, Goal goal);
    void answer(CommandId command, InstanceId target, Outcome outcome, std::string text = {});
    void answer_pending(Unit& unit);
    bool overruled(const Unit& unit, const PendingCommand& pending) const;
    void answer_failed(Unit& unit, const Instance& instance);
    bool waits_in_vain(const Unit& unit) const;
    std::optional<Outcome> outcome(const Unit& unit, const PendingCommand& pending) const;

    // lifecycle.cpp: one run, from spawn to the end of its tree.
    void spawn(Unit& unit, Instance& instance);
    void launch(Unit& unit, Instance& instance);
    void spawned(Unit& unit, Instance& instance, std::int32_t pid);
    void await_ready(Unit& unit, Instance& instance);
    void spawn_failed(Unit& unit, Instance& instance, const SpawnFailed& failure);
    void became_ready(Unit& unit, Instance& instance, Reason reason);
    void exited(Unit& unit, Instance& instance, const ExitStatus& status);
    void begin_stop(Unit& unit, Instance& instance, Reason reason);
    bool has_to_drain(const Unit& unit, const Instance& instance, Reason reason) const;
    void drained(Unit& unit, Instance& instance);
    void send_stop_signal(Unit& unit, Instance& instance);
    void timer_fired(Unit& unit, Instance& instance);
    // Nothing of the run is left: what now?
    void down(Unit& unit, Instance& instance);

    // hooks.cpp
    void begin_hook(Unit& unit, Instance& instance, Hook hook);
    void drop_hook(Unit& unit, Instance& instance);
    void hook_timed_out(Unit& unit, Instance& instance);
    void hook_over(Unit& unit, Instance& instance, bool ok, std::string text);
    void crash_told(Unit& unit, Instance& instance, const HookEnded& event);
    void ended_badly(Unit& unit, const Instance& instance);
    void crashed(Unit& unit, const Instance& instance, Reason reason);
    void tell_crash(InstanceId id, const Crash& crash, const Instance& instance);
    void undo_start(Unit& unit, Instance& instance, bool transient);
    void tree_gone(Unit& unit, Instance& instance);
    void came_up(Unit& unit, Instance& instance, Reason reason);
    bool resume_hook(Unit& unit, Instance& instance);
    void heed(const HookEnded& event);

    // told.cpp: what checks and the service itself say.
    void heed(const CheckPassed& event);
    void heed(const CheckFailed& event);
    void heed(const WatchdogTold& event);
    void heed(const ServiceAnnounced& event);
    void heed(const TimeoutExtended& event);
    void heed(const MainChanged& event);

    // liveness.cpp: checks and watchdog of a run that is ready.
    void begin_health(Unit& unit, Instance& instance);
    void end_health(Unit& unit, Instance& instance);
    void renew_health(Unit& unit, Instance& instance, bool checks_differ);
    void check_told(Unit& unit, Instance& instance, std::uint32_t index,
                    const std::string* problem);
    void end_unhealthy(Unit& unit, Instance& instance, Reason reason, std::string cause);
    void watchdog_told(Unit& unit, Instance& instance, const WatchdogTold& told);
    void feed_watchdog(Unit& unit, Instance& instance);
    void look_at_watchdog(Unit& unit, Instance& instance);
    void watchdog_missed(Unit& unit, Instance& instance, std::string cause);

    // announced.cpp: what a service says of itself.
    void announced(Unit& unit, Instance& instance, Announced what);
    void await_own_stop(Unit& unit, Instance& instance);
    void extend(Unit& unit, Instance& instance, Duration by);

    // demand.cpp: what sleeps until it is wanted.
    void begin(Unit& unit);
    void want_along(Unit& unit, Instance& instance);
    void sleep(Unit& unit, Instance& instance);
    void rouse(Unit& unit);
    void heed(const Demanded& event);
    void heed(const DemandFailed& event);
    void heed(const FellIdle& event);
    void heed(const Autoscaled& event);
    void choose(Unit& unit, std::uint32_t count);

    // restart.cpp: whether and when to try again.
    std::optional<Reason> crash_of(const Unit& unit, const Instance& instance) const;
    void ended_by_itself(Unit& unit, Instance& instance);
    void retry(Unit& unit, Instance& instance, Reason reason, bool stable, bool counts);
    void tell_failure(Unit& unit, Instance& instance, Reason reason);
    bool escalate(Unit& unit);
    Duration next_delay(const RestartRule& rule, Instance& instance, bool stable);

    // rolling.cpp: new runs for what is well, a few at a time.
    void roll(const RollRequested& request);
    void supersede_roll(Unit& unit);
    void end_beside(Unit& unit);
    std::optional<Reason> must_end_beside(const Unit& unit, const Instance& second) const;
    void roll_on(Unit& unit);
    void judge_replacements(Unit& unit);
    bool speaks_against_others(const Unit& unit, const Instance& instance) const;
    void begin_renewals(Unit& unit);
    void begin_renewal(Unit& unit, Instance& instance);
    void renewal_failed(Unit& unit, std::uint32_t number, const std::string& why);
    void cancel_roll(Unit& unit);
    bool is_second(const Unit& unit, const Instance& instance) const;
    Instance* successor(Unit& unit, const Instance& instance);
    void exchange(Unit& unit, std::uint32_t number);
    void take_place(Unit& unit, std::uint32_t number, Reason reason);
    void succeed(Unit& unit, std::uint32_t number);
    void renewed(Unit& unit, Instance& instance);
    void second_gone(Unit& unit, Instance& second);
    void resume_roll(Unit& unit);
    void tell_roll(InstanceId id, RunId run, RollPhase phase, std::string text);
    std::optional<Outcome> roll_outcome(const Unit& unit, const PendingCommand& pending) const;

    // freeze.cpp: runs that stand still.
    void heed(const FreezeRequested& event);
    void heed(const FreezeTold& event);
    std::string why_not_freeze(const Unit& unit, const Instance& instance) const;
    void hold(Unit& unit, Instance& instance, Freeze how);
    void let_go(Unit& unit, Instance& instance);
    void go_on(Unit& unit, Instance& instance);
    std::optional<Outcome> freeze_outcome(const Unit& unit, const PendingCommand& pending) const;

    // recycle.cpp: what makes an instance's time come.
    void heed(const MemoryMeasured& event);
    void heed(const RecycleAsked& event);
    void recycle(Unit& unit);
    void recycle(Unit& unit, Instance& instance, RenewalKind kind, std::string why);

    // stalled.cpp
    void heed(const Stalled& event);

    // schedule.cpp: oneshots with a timer.
    void heed(const ClockTold& event);
    void heed(const ScheduleDue& event);
    void heed(const RanBefore& event);
    void heed(const ScheduleRequested& event);
    void want_going(Unit& unit, Instance& instance);
    void plan(Unit& unit, Instance& instance);
    void unplan(Instance& instance);
    void plan_interval(Unit& unit, Instance& instance, const TimerRule& rule, Schedule& schedule);
    void plan_moment(Unit& unit, Instance& instance, const TimerRule& rule, Schedule& schedule);
    void resume_schedule(Unit& unit, Instance& instance);
    void rule_changed(Unit& unit);
    void take_up_schedule(Unit& unit, Instance& instance);
    void fall_due(Unit& unit, Instance& instance);
    void start_anew(Unit& unit, Instance& instance);
    void overrun(Unit& unit, Instance& instance);
    void start_queued(Unit& unit, Instance& instance);
    void arm_schedule();
    void told(Unit& unit, Instance& instance, std::string text);
    Duration chance_delay(const TimerRule& rule);
    template <class Visit>
    void each_timed(Visit&& visit);

    // dependencies.cpp
    bool held_by_dependents(const Unit& unit) const;
    std::optional<Reason> must_end(const Unit& unit, const Instance& instance) const;
    void evaluate(Unit& unit);
    void evaluate(Unit& unit, Instance& instance);

    // groups.cpp
    void leave_groups();
    void join_groups();
    void revive_group(Unit& group, Instance& self);
    void evaluate_group(Unit& group);
    Unit* active_group(const Unit& unit);
    bool group_allows(Unit& unit);
    bool group_fails(Unit& group);
    void restart_others(const Unit& unit);
    void restart_with_group(Unit& unit);
    void significant_ended(const Unit& unit);
    void touch_group(UnitId id);
    bool starts_by_itself(const Unit& unit) const;
    template <class Visit>
    void each_leaf(UnitId id, Visit&& visit) {
        Unit* const found = unit(id);
        if (found == nullptr) return;
        if (found->spec->type == UnitType::group) {
            for (const UnitId member : found->members) each_leaf(member, visit);
        } else if (!found->removed) {
            visit(*found);
        }
    }

    // stepper.cpp: the small change.
    Unit* unit(UnitId id);
    Instance* place(InstanceId id);  // Null if nothing is there.
    // Null unless `run` is its current run, or one that has changed places since.
    Instance* instance(InstanceId id, RunId run);
    InstanceId id_of(const Unit& unit, const Instance& instance) const;
    void enter(Unit& unit, Instance& instance, State state, Reason reason);
    void changed(Unit& unit, Instance& instance);  // A fact other than the state.
    void arm(Unit& unit, Instance& instance, Instant at);
    void disarm(Unit& unit, Instance& instance);
    void touch(const Unit& unit);  // Itself, what it depends on, and what depends on it.
    void queue(UnitId id);
    Unit* next_touched();  // Null: none is left.
    void start_in_turn(Unit& unit, Instance& instance);
    void remove_if_down(Unit& unit);

    // essential.cpp: when superd itself has to go.
    void shut_down(std::int32_t exit_code);
    void check_essential(const Unit& unit, const Instance& instance);

    // configure.cpp
    Unit& define(SharedSpec spec);
    void connect(std::set<std::pair<UnitId, UnitId>>& before);
    void resize(Unit& unit, bool is_new);
    void retype(Unit& unit);
    void resume(Unit& unit, Instance& instance);

    System& system_;
    Instant now_;
    Effects out_;
    // Groups before others, who ask what state these are in.
    Touched touched_groups_, touched_;
    Touched starts_;           // Who may start, once nothing else has come of this step.
    bool starting_ = false;    // Nothing else is left to be looked at.
    bool reschedule_ = false;  // Some run may be due at another moment than before.
};

}  // namespace superd::core
