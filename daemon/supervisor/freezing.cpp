// Runs that are to stand still, and whether they do.
#include "supervisor/inheritance.hpp"
#include "supervisor/supervisor.hpp"
#include "turn/take_over.hpp"

#include <utility>

namespace superd::supervisor {

void Supervisor::set_frozen(const core::SetFrozen& effect) {
    const auto [id, run, on] = effect;
    const std::string group = group_of(id);
    core::FreezeTold refused{id, run, !on, {}};
    const bool lives_there = !group.empty() && groups_->parent().populated(group).value_or(false);
    if (!lives_there) {
        if (!on) return;
        refused.error =
            groups_ != nullptr
                ? "it runs in no control group of its own"
                : "this needs a control group for each unit, and there are none: " + limiter_.why();
        return turn_.add(std::move(refused));
    }
    if (on && table_.row(id).extras) table_.row(id).extras->stop_asking();
    const auto written = groups_->parent().freeze(group, on);
    if (!written) {
        refused.error = written.error().message();
        if (!on) complain(written.error());
        if (on) turn_.add(std::move(refused));
        return;
    }
    if (!on) return groups_->unwatch_freeze(run);
    if (auto watched = groups_->watch_freeze(group, run); !watched) complain(watched.error());
    look_at_freeze(id, run);
}

// The core is told what the kernel shows; events of the group follow each change of that.
void Supervisor::look_at_freeze(core::InstanceId id, core::RunId run) {
    const std::string group = group_of(id);
    const core::Instance* const instance = system_.find(id);
    if (group.empty() || instance == nullptr || instance->run != run) return;
    const os::CgroupFreeze seen = groups_->parent().frozen(group);
    if (seen.asked && !seen.still) return;
    turn_.add(core::FreezeTold{id, run, seen.asked, {}});
}

void Supervisor::freeze_changed(const core::FreezeChanged& effect) {
    const auto kind = effect.frozen ? wire::EventKind::frozen : wire::EventKind::thawed;
    note({.kind = kind, .id = effect.instance, .run = effect.run});
    log_.info("unit " + name_of(effect.instance) + (effect.frozen ? ": frozen" : ": thawed"));
}

// Before the core hears of a record: what the kernel shows goes before what is written.
void Supervisor::settle_freezes(Inheritance& from) {
    for (auto& [slot, record] : from.records.records) {
        const std::uint32_t number = core::number_of({0, record.index});
        const std::string group = Groups::name(record.unit, number, record.other_group);
        os::CgroupFreeze seen;
        if (groups_) seen = groups_->parent().frozen(group);
        if (turn::settle_freeze(record.instance, {seen.asked, seen.still}, now())) {
            static_cast<void>(groups_->parent().freeze(group, false));
        }
    }
}

}  // namespace superd::supervisor
