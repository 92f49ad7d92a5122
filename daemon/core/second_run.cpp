// Two runs of one instance: one in its place, the other beside it, to take that
// place or after having left it. Whose run is the higher is the newer.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

bool any_alive(const Unit& unit) {
    return !unit.beside.empty() || std::ranges::any_of(unit.instances, alive);
}

bool Stepper::is_second(const Unit& unit, const Instance& instance) const {
    return !unit.beside.empty() && is_beside(id_of(unit, instance));
}

// The run that may follow this one at once, if there is one and its process is there.
Instance* Stepper::successor(Unit& unit, const Instance& instance) {
    const auto found = unit.beside.find(id_of(unit, instance).index);
    if (found == unit.beside.end()) return nullptr;
    Instance& second = found->second;
    const bool fit = second.run > instance.run && second.state == State::starting &&
                     second.pid != 0 && instance.renewal && second.run >= instance.renewal->first;
    return fit ? &second : nullptr;
}

// The two runs change places. What is the instance's own, not the run's, stays.
void Stepper::exchange(Unit& unit, std::uint32_t number) {
    const InstanceId id{unit.id, number};
    Instance& first = unit.instances[number];
    Instance& second = unit.beside.at(number);
    std::swap(first, second);
    std::swap(first.goal, second.goal);
    std::swap(first.removed, second.removed);
    std::swap(first.attempt, second.attempt);
    std::swap(first.restarts, second.restarts);
    std::swap(first.restarts_at, second.restarts_at);
    std::swap(first.crash, second.crash);
    if (second.last_exit && !first.last_exit) {
        first.last_exit = std::make_unique<LastExit>(*second.last_exit);
    }
    out_.emplace_back(Swapped{id});
    for (Instance* const each : {&first, &second}) {
        const Instant due = each->due;
        if (due != Instant{}) {
            arm(unit, *each, due);
        } else {
            each->timer = ++system_.timers_;
            out_.emplace_back(DisarmTimer{id_of(unit, *each)});
        }
        changed(unit, *each);
    }
}

void Stepper::take_place(Unit& unit, std::uint32_t number, Reason reason) {
    exchange(unit, number);
    Instance& now_first = unit.instances[number];
    became_ready(unit, now_first, reason);
    // Which is ended as any that is older than the one in its place: end_beside().
    const RunId retired = unit.beside.at(number).run;
    tell_roll({unit.id, number}, now_first.run, RollPhase::replaced,
              "took the place of run " + std::to_string(retired));
}

// The run in place has ended by itself: the one that was to replace it goes on there.
void Stepper::succeed(Unit& unit, std::uint32_t number) {
    exchange(unit, number);
    Instance& first = unit.instances[number];
    Instance& gone = unit.beside.at(number);
    first.renewal = std::move(gone.renewal);
    first.renewal->begun = true;
    tell_roll({unit.id, number}, first.run, RollPhase::replaced,
              "takes the place of run " + std::to_string(gone.run) + ", which has ended");
    second_gone(unit, gone);
}

// Nothing of a second run is left: it vanishes.
void Stepper::second_gone(Unit& unit, Instance& second) {
    const InstanceId id = id_of(unit, second);
    const std::uint32_t number = number_of(id);
    if (second.last_exit && number < unit.instances.size()) {
        Instance& first = unit.instances[number];
        const bool newer = !first.last_exit || first.last_exit->at <= second.last_exit->at;
        if (newer) first.last_exit = std::move(second.last_exit);
        changed(unit, first);
    }
    disarm(unit, second);
    if (alive(second)) --system_.alive_;
    unit.beside.erase(number);
    out_.emplace_back(Forget{id, unit.spec->name});
    touch(unit);
}

}  // namespace superd::core
