#include "turn/take_over.hpp"

#include <csignal>
#include <memory>
#include <utility>

namespace superd::turn {
namespace {

// A unit that was to leave when the supervisor before us died, and still runs.
core::SharedSpec leaving(const Record& record) {
    auto spec = std::make_shared<core::UnitSpec>();
    spec->name = record.unit;
    spec->autostart = false;
    spec->instances = core::number_of({0, record.index}) + 1;
    spec->stop = {{SIGTERM, std::chrono::seconds{10}}, {SIGKILL, std::chrono::seconds{2}}};
    return spec;
}

// They are of the same instance, and both in its place or both beside it.
void settle(Record& one, Record& other) {
    const core::InstanceId place{0, one.index};
    const bool beside = core::is_beside(place);
    Record& newer = one.instance.run > other.instance.run ? one : other;
    Record& older = &newer == &one ? other : one;
    newer.index = core::number_of(place);
    older.index = core::beside(place).index;
    // It would not have been there if it had not been ready, though its record is of before.
    if (!beside || newer.instance.state != core::State::starting) return;
    newer.instance.state = core::State::ready;
    newer.instance.reason = core::Reason::reported_ready;
    newer.instance.ready_at = newer.instance.started;
}

}  // namespace

void settle_places(std::span<Record* const> records) {
    std::map<std::pair<std::string_view, std::uint32_t>, std::vector<Record*>> instances;
    for (Record* const each : records) {
        instances[{each->unit, core::number_of({0, each->index})}].push_back(each);
    }
    for (auto& [name, both] : instances) {
        Record& first = *both.front();
        const bool alone = both.size() == 1;
        if (alone && core::is_beside({0, first.index})) first.index = name.second;
        if (both.size() == 2 && first.index == both.back()->index) settle(first, *both.back());
    }
}

void find_spawned(Record& record, const Spawning& last) {
    core::Instance& instance = record.instance;
    const bool unknown = core::alive(instance) && !instance.leader_gone && instance.pid == 0;
    if (unknown && instance.run == last.run) instance.pid = last.pid;
}

bool settle_freeze(core::Instance& instance, FreezeSeen seen, core::Instant now) {
    const bool asked = seen.asked || instance.freeze == core::Freeze::asked;
    if (!asked || !core::why_not_held(instance).empty()) {
        instance.freeze = core::Freeze::none;
        instance.frozen_since = core::Instant{};
        return seen.asked;
    }
    instance.freeze = seen.asked && seen.still ? core::Freeze::frozen : core::Freeze::asked;
    if (instance.frozen_since == core::Instant{}) instance.frozen_since = now;
    return false;
}

TakeOver::TakeOver(std::vector<core::SharedSpec> in_force)
    : specs_{std::move(in_force)}, in_force_{specs_.size()} {
    for (std::size_t i = 0; i < specs_.size(); ++i) places_.emplace(specs_[i]->name, i);
}

void TakeOver::add(Record& record) {
    const auto known = places_.find(record.unit);
    const bool in_force = known != places_.end() && known->second < in_force_;
    const std::uint32_t number = core::number_of({0, record.index});
    if (!in_force && core::alive(record.instance)) {
        leavers_ = true;
        if (known == places_.end()) {
            places_.emplace(record.unit, specs_.size());
            specs_.push_back(leaving(record));
        } else if (specs_[known->second]->instances <= number) {
            specs_[known->second] = leaving(record);
        }
    }
    restored_.push_back(
        {record.unit, record.index, std::move(record.instance), record.scaled, record.autoscaled});
}

core::Effects TakeOver::adopt(core::System& system, core::Instant now) {
    return system.adopt(std::move(specs_), std::move(restored_), now);
}

}  // namespace superd::turn
