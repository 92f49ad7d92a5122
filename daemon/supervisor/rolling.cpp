// Two runs of one instance, and what is measured of a run.
#include "os/process.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/status.hpp"
#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {
namespace {

// Each is measured as often as that; but no more than so many a time.
constexpr std::chrono::seconds measuring_every{2};
constexpr std::size_t measured_at_once = 200;

std::string_view word_for(core::RollPhase phase) {
    switch (phase) {
        case core::RollPhase::begun: return "begun";
        case core::RollPhase::started: return "started";
        case core::RollPhase::replaced: return "replaced";
        case core::RollPhase::failed: return "failed";
        case core::RollPhase::done: return "done";
        case core::RollPhase::cancelled: return "cancelled";
    }
    std::unreachable();
}

}  // namespace

// What is the instance's own and not the run's, its stored descriptors, stays with it.
void Supervisor::swapped(const core::Swapped& effect) {
    const core::InstanceId id = effect.instance;
    flush_notes();  // They are about the ids as they were.
    table_.swap(id);
    logs_.swap(id);
    fd_store_.move(table_.row(core::beside(id)).slot, table_.row(id).slot);
    for (const core::InstanceId each : {id, core::beside(id)}) {
        if (const auto* const instance = system_.find(each)) watch_.move(instance->run, each);
    }
}

// Under which its descriptors are kept, wherever its run is.
std::uint32_t Supervisor::store_slot(core::InstanceId id) {
    return table_.row(core::in_place(id)).slot;
}

void Supervisor::roll_told(const core::RollTold& effect) {
    Note told{.kind = wire::EventKind::rolling, .id = effect.instance, .run = effect.run};
    told.phase = word_for(effect.phase);
    told.message = effect.text;
    note(std::move(told));
    const bool whole = effect.instance.index == core::all_instances;
    std::string text =
        "unit " + (whole ? unit_name(effect.instance.unit) : name_of(effect.instance));
    if (effect.run != 0) text += ": run " + std::to_string(effect.run) + " " + effect.text;
    if (effect.run == 0) text += ": " + effect.text;
    if (effect.phase == core::RollPhase::failed) return log_.warn(text);
    log_.info(text);
}

void Supervisor::measure_later() {
    const auto measured = [](const auto& unit) { return unit->spec.recycle.memory != 0; };
    const bool any = std::ranges::any_of(definitions_.configuration().units, measured);
    if (!any || std::exchange(measures_, true)) return;
    measuring_.expires_after(measuring_every);
    measuring_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        measures_ = false;
        measure();
        measure_later();
    });
}

// Of units that are recycled for their memory: some runs at a time, so that it costs little.
void Supervisor::measure() {
    std::vector<core::InstanceId> ids;
    for (const core::Unit* const unit : system_.units()) {
        if (unit->spec->recycle.memory == 0) continue;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::Instance& i = unit->instances[index];
            if (i.state == core::State::ready && i.pid != 0) ids.push_back({unit->id, index});
        }
    }
    const std::size_t count = std::min(ids.size(), measured_at_once);
    for (std::size_t n = 0; n < count; ++n) {
        const core::InstanceId id = ids[measured_++ % ids.size()];
        const core::Instance& i = *system_.find(id);
        // Not what the group has: pages of files that it has read count there.
        turn_.add(core::MemoryMeasured{id, i.run, usage_of(i.pid).memory});
    }
    if (count != 0) settle();
}

}  // namespace superd::supervisor
