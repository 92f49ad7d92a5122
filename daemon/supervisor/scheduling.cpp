// Units with a [timer]: the clocks that the core does not read, and what of
// their past outlives superd.
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {

// Before anything is planned.
void Supervisor::tell_clock() { turn_.perform(system_.step(read_wall_clock(), now())); }

void Supervisor::arm_schedule(const core::ArmSchedule& effect) {
    if (effect.at == core::Instant{}) {
        schedule_.cancel();
        return;
    }
    schedule_.expires_at(std::chrono::steady_clock::time_point{
        std::chrono::ceil<std::chrono::steady_clock::duration>(effect.at.time_since_epoch())});
    schedule_.async_wait([this](boost::system::error_code error) {
        if (!error) happen(core::ScheduleDue{});
    });
}

void Supervisor::timer_told(const core::TimerTold& effect) {
    Note told{.kind = wire::EventKind::timer, .id = effect.instance, .run = effect.run};
    told.message = effect.text;
    note(std::move(told));
    log_.info("unit " + name_of(effect.instance) + ": " + effect.text);
}

// What the core is to know from before superd was started.
void Supervisor::recall_timers(const std::map<TimerStore::Key, TimerStore::Entry>& past) {
    for (const auto& [key, entry] : past) {
        const core::Unit* const unit = system_.find(key.first);
        if (unit == nullptr) continue;
        turn_.add(core::RanBefore{{unit->id, key.second}, entry.seen_ns, entry.last_ns});
    }
}

void Supervisor::remember_timer(core::InstanceId id) {
    const core::Unit* const unit = system_.find(id.unit);
    const core::Instance* const instance = system_.find(id);
    if (unit == nullptr || instance == nullptr) return;
    const auto& timer = unit->spec->timer;
    const bool kept = timer != nullptr && timer->catch_up;
    if (!kept) return timer_store_.forget(unit->spec->name, id.index);
    // One that is suspended has missed nothing.
    const auto& schedule = instance->schedule;
    if (!schedule || schedule->seen == 0) return timer_store_.forget(unit->spec->name, id.index);
    timer_store_.put(unit->spec->name, id.index, {schedule->seen, schedule->last});
}

}  // namespace superd::supervisor
