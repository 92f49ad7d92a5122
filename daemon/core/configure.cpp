// A new configuration, and the first one of a supervisor that takes over.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

namespace {

Instance fresh(Goal goal) {
    Instance instance;
    instance.goal = goal;
    return instance;
}

bool same_timer(const UnitSpec& one, const UnitSpec& other) {
    if (one.timer == nullptr || other.timer == nullptr) return one.timer == other.timer;
    return *one.timer == *other.timer;
}

}  // namespace

void Stepper::apply(std::vector<SharedSpec> specs) {
    std::set<std::pair<UnitId, UnitId>> before;
    for (const auto& [id, each] : system_.by_id_) {
        for (const auto& edge : each->edges) before.emplace(id, edge.unit);
    }
    leave_groups();
    std::set<UnitId> kept, added;
    for (auto& spec : specs) {
        const auto known = system_.by_name_.find(spec->name);
        const bool is_new = known == system_.by_name_.end() || unit(known->second)->removed;
        Unit& defined = define(std::move(spec));
        kept.insert(defined.id);
        if (is_new) added.insert(defined.id);
        resize(defined, is_new);
    }
    for (const auto& [id, each] : system_.by_id_) {
        if (kept.contains(id)) continue;
        each->removed = true;
        for (Instance& i : each->instances) i.removed = true;
    }
    connect(before);
    for (const auto& [id, each] : system_.by_id_) rouse(*each);
    for (const auto id : added) {
        Unit& each = *unit(id);
        if (!starts_by_itself(each)) continue;
        begin(each);
    }
    for (const auto& [id, each] : system_.by_id_) touch(*each);
}

Unit& Stepper::define(SharedSpec spec) {
    const auto known = system_.by_name_.find(spec->name);
    if (known != system_.by_name_.end()) {
        Unit& existing = *unit(known->second);
        const bool checks_differ = existing.spec->checks != spec->checks;
        const bool differ = checks_differ || existing.spec->watchdog != spec->watchdog;
        // The file says otherwise now: that takes the place of the operator's number.
        if (existing.spec->instances != spec->instances) existing.scaled = 0;
        const bool timer_differs = !same_timer(*existing.spec, *spec);
        existing.autoscaled = within(*spec, existing.autoscaled);
        existing.spec = std::move(spec);
        existing.removed = false;
        // It chooses no more: what the file says anyway is no other number.
        if (!existing.spec->scale && existing.scaled == existing.spec->instances) {
            existing.scaled = 0;
        }
        if (timer_differs) rule_changed(existing);
        for (Instance& i : existing.instances) {
            if (differ) renew_health(existing, i, checks_differ);
        }
        return existing;
    }
    auto made = std::make_unique<Unit>();
    made->id = system_.next_unit_++;
    made->spec = std::move(spec);
    system_.by_name_.emplace(made->spec->name, made->id);
    Unit& result = *made;
    system_.by_number_.resize(result.id + 1u);
    system_.by_number_[result.id] = &result;
    system_.by_id_.emplace(result.id, std::move(made));
    if (result.spec->timer != nullptr) system_.timing_.units.insert(result.id);
    return result;
}

// Makes the edges from the specs. A unit that leaves keeps its own, for the
// order of its stop. Dependencies that are new are pulled up with a unit that
// is wanted; old ones are not: their goals are the operator's.
void Stepper::connect(std::set<std::pair<UnitId, UnitId>>& before) {
    for (const auto& [id, each] : system_.by_id_) each->dependents.clear();
    for (const auto& [id, each] : system_.by_id_) {
        if (!each->removed) {
            each->edges.clear();
            for (const auto& dependency : each->spec->dependencies) {
                const auto found = system_.by_name_.find(dependency.unit);
                if (found == system_.by_name_.end()) continue;
                each->edges.push_back({found->second, dependency.kind, dependency.when});
            }
            each->edges.shrink_to_fit();
        }
        for (const auto& edge : each->edges) {
            if (Unit* const other = unit(edge.unit)) other->dependents.push_back(id);
        }
    }
    join_groups();
    for (const auto& [id, each] : system_.by_id_) {
        const bool up = std::ranges::any_of(
            each->instances, [](const Instance& i) { return i.goal == Goal::up && !i.removed; });
        if (!up || each->removed) continue;
        for (const auto& edge : each->edges) {
            const bool is_new = !before.contains({id, edge.unit});
            if (is_new && edge.kind != DependencyKind::after) pull(*unit(edge.unit));
        }
    }
}

// Instances are added and removed at the end; the others do not notice. An
// instance that was on its way out and is wanted again comes back when down.
void Stepper::resize(Unit& unit, bool is_new) {
    retype(unit);
    const bool up = !is_new && std::ranges::any_of(unit.instances, [](const Instance& i) {
        return i.goal == Goal::up && !i.removed;
    });
    const bool was_empty = unit.instances.empty();
    for (std::uint32_t index = 0; index < unit.instances.size(); ++index) {
        Instance& i = unit.instances[index];
        if (index >= wanted_instances(unit)) {
            i.removed = true;
        } else if (i.removed) {
            i.removed = false;
            want_down(unit, i);
            // Its definition may be another one now: it ends before it comes back.
            const bool runs = i.state == State::starting || i.state == State::ready;
            if (runs) begin_stop(unit, i, Reason::removed);
            if (up) want_going(unit, i);
        }
    }
    while (unit.instances.size() < wanted_instances(unit)) {
        unit.instances.push_back(fresh(Goal::down));
        unit.instances.back().origin = was_empty ? Origin::start : Origin::scale;
        // Known from now on, to the next supervisor too: it starts only what is new to it.
        changed(unit, unit.instances.back());
        if (up && !was_empty) want_going(unit, unit.instances.back());
    }
    unit.instances.shrink_to_fit();
}

// What was a group until now has no process, so it can not go on as a service.
void Stepper::retype(Unit& unit) {
    if (unit.spec->type == UnitType::group) return;
    for (Instance& i : unit.instances) {
        if (i.run != 0 || !alive(i)) continue;
        const bool up = i.goal == Goal::up;
        enter(unit, i, up ? State::waiting : State::inactive,
              up ? Reason::dependency : Reason::stopped);
    }
}

void Stepper::adopt(std::vector<SharedSpec> specs, std::vector<Restored> restored) {
    std::set<UnitId> known;
    for (auto& spec : specs) define(std::move(spec));
    for (auto& each : restored) {
        const auto found = system_.by_name_.find(each.unit);
        if (found == system_.by_name_.end()) continue;
        Unit& owner = *unit(found->second);
        known.insert(owner.id);
        const InstanceId id{owner.id, each.index};
        while (owner.instances.size() <= number_of(id)) {
            owner.instances.push_back(fresh(Goal::down));
        }
        system_.next_run_ = std::max(system_.next_run_, each.instance.run + 1);
        if (number_of(id) == 0) {
            owner.scaled = each.scaled;
            owner.autoscaled = within(*owner.spec, each.autoscaled);
        }
        if (!is_beside(id)) {
            owner.instances[each.index] = std::move(each.instance);
        } else if (alive(each.instance)) {
            owner.beside[number_of(id)] = std::move(each.instance);
        }
    }
    for (const auto& [id, each] : system_.by_id_) {
        for (const Instance& i : each->instances) system_.alive_ += alive(i) ? 1 : 0;
        system_.alive_ += static_cast<std::uint32_t>(each->beside.size());
    }
    std::set<std::pair<UnitId, UnitId>> none;
    for (const auto& [id, each] : system_.by_id_) resize(*each, !known.contains(id));
    const auto goals = [&] {  // Pulling must not undo what the operator had stopped.
        std::set<std::pair<UnitId, UnitId>> all;
        for (const auto& [id, each] : system_.by_id_) {
            if (!known.contains(id)) continue;
            for (const auto& dependency : each->spec->dependencies) {
                const auto found = system_.by_name_.find(dependency.unit);
                if (found != system_.by_name_.end()) all.emplace(id, found->second);
            }
        }
        return all;
    };
    none = goals();
    connect(none);
    for (const auto& [id, each] : system_.by_id_) {
        rouse(*each);
        if (!known.contains(id) && starts_by_itself(*each)) begin(*each);
        for (Instance& i : each->instances) {
            if (known.contains(id) && each->spec->timer != nullptr) take_up_schedule(*each, i);
            resume(*each, i);
        }
        resume_roll(*each);
        touch(*each);
    }
}

// Repeats what the supervisor before may not have come to do. All of it may be
// done twice without harm.
void Stepper::resume(Unit& unit, Instance& instance) {
    if (unit.spec->type == UnitType::group && instance.run == 0) return;
    const Instant due = instance.due;
    if (instance.crash) tell_crash(id_of(unit, instance), *instance.crash, instance);
    if (instance.freeze == Freeze::asked) {
        out_.emplace_back(SetFrozen{id_of(unit, instance), instance.run, true});
    }
    if (resume_hook(unit, instance)) return;
    switch (instance.state) {
        case State::starting:
            if (instance.pid == 0) {  // The spawn never happened: a new run, from the start.
                if (is_second(unit, instance)) return second_gone(unit, instance);
                --system_.alive_;
                instance.state = State::waiting;
                return enter(unit, instance, State::waiting, Reason::dependency);
            }
            // It may have been told of its process by what the spawn itself noted, and no more.
            if (unit.spec->type == UnitType::oneshot) {
                return enter(unit, instance, State::starting, Reason::running);
            }
            if (!unit.spec->awaits_ready) return came_up(unit, instance, Reason::running);
            if (instance.reason == Reason::reported_ready) {  // While it stood still.
                if (held(instance)) return;
                return came_up(unit, instance, Reason::reported_ready);
            }
            enter(unit, instance, State::starting, Reason::awaiting_ready);
            return await_ready(unit, instance);
        case State::stopping:
            if (instance.leader_gone) {
                out_.emplace_back(Sweep{id_of(unit, instance), instance.run});
                if (due != Instant{}) arm(unit, instance, due);
            } else if (instance.pid == 0) {
                tree_gone(unit,
                          instance);  // It was to be stopped before it was spawned, and never was.
            } else {
                send_stop_signal(unit, instance);
                arm(unit, instance, std::max(due, now_));
            }
            return;
        case State::backoff: return arm(unit, instance, std::max(due, now_));
        case State::ready: return begin_health(unit, instance);
        case State::waiting:
            if (instance.dormant) out_.emplace_back(AwaitDemand{id_of(unit, instance)});
            return;
        case State::inactive:
        case State::failed:
        case State::completed: return;
    }
}

}  // namespace superd::core
