#include "tests/sim/invariants/truth.hpp"

#include <algorithm>

namespace superd::sim {

using core::State;

bool has_process(const Scene& scene, core::InstanceId id) {
    const core::Instance* const instance = scene.system->find(id);
    const Life* const life = scene.life(id);
    if (instance == nullptr || life == nullptr || life->pid == 0) return false;
    // One whose program could not be started may be taken for a process, until its end is told.
    const bool taken = !life->unstartable || instance->pid == life->pid;
    return !life->heard && taken;
}

bool begins_anew(const core::Changed& change) {
    const bool rested = change.from == State::inactive || change.from == State::failed ||
                        change.from == State::completed;
    return rested && change.to == State::waiting;
}

std::vector<core::UnitId> reach(const core::System& system, core::UnitId from) {
    std::vector<core::UnitId> found{from};
    for (std::size_t next = 0; next < found.size(); ++next) {
        const core::Unit* const unit = system.find(found[next]);
        if (unit == nullptr) continue;
        const auto add = [&](core::UnitId id) {
            if (std::ranges::find(found, id) == found.end()) found.push_back(id);
        };
        for (const core::Edge& edge : unit->edges) add(edge.unit);
        for (const core::UnitId member : unit->members) add(member);
        if (unit->group != 0) add(unit->group);
    }
    return found;
}

std::vector<const core::Unit*> with_groups(const core::System& system, const core::Unit& unit) {
    std::vector<const core::Unit*> found{&unit};
    while (found.back()->group != 0) {
        const core::Unit* const group = system.find(found.back()->group);
        if (group == nullptr) break;
        found.push_back(group);
    }
    return found;
}

bool is_lost(const Scene& scene, const core::Unit& unit) {
    if (unit.removed || scene.system->shutting_down()) return true;
    bool done = true, anybody = false;
    for (const core::Instance& i : unit.instances) {
        if (!wanted(i)) continue;
        if (i.state != State::failed && i.state != State::inactive) anybody = true;
        done = done && i.state == State::completed;
    }
    if (!anybody) return true;
    const auto around = with_groups(*scene.system, unit);
    for (const core::Unit* const group : around) {
        if (group == &unit) continue;
        const core::Instance& self = group->instances.front();
        const bool ended =
            self.reason == core::Reason::group_limit || self.reason == core::Reason::significant;
        if (self.goal == core::Goal::up && ended) return true;
    }
    if (done) return false;
    return std::ranges::any_of(around, [&](const core::Unit* each) {
        return std::ranges::any_of(each->edges, [&](const core::Edge& edge) {
            const core::Unit* const other = scene.system->find(edge.unit);
            return edge.kind == core::DependencyKind::needs && other != nullptr &&
                   is_lost(scene, *other);
        });
    });
}

namespace {

// By its processes, not by its state; a group is what its members are.
bool has_come(const Scene& scene, const core::Unit& unit, std::uint32_t index, core::When when) {
    const core::Instance& instance = unit.instances[index];
    const core::InstanceId id{unit.id, index};
    const bool completed = instance.state == State::completed;
    if (completed || when == core::When::completed) return completed;
    if (sleeps(instance)) return true;  // Who comes to it wakes it.
    if (unit.spec->type == core::UnitType::group) return instance.state == State::ready;
    if (!has_process(scene, id)) return false;
    if (when == core::When::started) return true;
    if (unit.spec->type == core::UnitType::oneshot) return false;  // It is of use once it is done.
    if (!unit.spec->awaits_ready) return true;
    return scene.life(id)->ready;
}

}  // namespace

bool lets_start(const Scene& scene, const core::Edge& edge) {
    const core::Unit* const other = scene.system->find(edge.unit);
    if (other == nullptr || edge.kind == core::DependencyKind::wants) return true;
    const bool needs = edge.kind == core::DependencyKind::needs;
    if (needs && is_lost(scene, *other)) return false;
    bool anybody = false, all = true, any_come = false, any_process = false;
    for (std::uint32_t index = 0; index < other->instances.size(); ++index) {
        any_process = any_process || has_process(scene, {other->id, index});
        const core::Instance& i = other->instances[index];
        if (!wanted(i)) continue;
        anybody = true;
        const bool given_up = i.state == State::failed || i.state == State::inactive;
        const bool come = has_come(scene, *other, index, edge.when);
        any_come = any_come || come;
        all = all && (given_up || come);
    }
    if (!needs && !anybody) return !any_process;
    if (all && any_come) return true;
    return !needs && edge.when != core::When::completed && is_lost(scene, *other);
}

bool may_start(const Scene& scene, const core::Unit& unit) {
    return std::ranges::all_of(with_groups(*scene.system, unit), [&](const core::Unit* each) {
        return std::ranges::all_of(each->edges,
                                   [&](const core::Edge& edge) { return lets_start(scene, edge); });
    });
}

}  // namespace superd::sim
