// Checks and watchdogs of runs that are ready.
#include "supervisor/supervisor.hpp"

#include <utility>

namespace superd::supervisor {

void Supervisor::begin_checks(core::InstanceId id, core::RunId run) {
    const core::Unit& known = *system_.find(id.unit);
    const config::Unit* const unit = definitions_.find(known.spec->name);
    if (unit == nullptr) return;  // It left, and its run is about to be ended.
    const std::uint32_t number = core::number_of(id);
    os::SpawnPlan plan = launcher_->plan(*unit, number, run);
    if (!group_of(id).empty()) plan.cgroup_procs = groups_->parent().procs_path(group_of(id));
    const core::Instant ready_at = system_.find(id)->ready_at;
    table_.row(id).extra().checker =
        Checker::make(io_.get_executor(), *unit, number, ready_at, plan,
                      [this, id, run](std::uint32_t check, std::string problem) {
                          if (problem.empty()) return happen(core::CheckPassed{id, run, check});
                          happen(core::CheckFailed{id, run, check, std::move(problem)});
                      });
}

void Supervisor::end_checks(core::InstanceId id) {
    const Row* const row = table_.find(id);
    if (row == nullptr || !row->extras) return;
    table_.row(id).extras->checker.reset();
    table_.row(id).trim();
}

void Supervisor::check_turned(const core::CheckTurned& effect) {
    Note told{.kind = wire::EventKind::check, .id = effect.instance, .run = effect.run};
    told.failing = effect.failing;
    told.message = effect.text;
    note(std::move(told));
    const std::string text = "unit " + name_of(effect.instance) + ": check " + effect.text;
    if (effect.failing) {
        log_.warn(text);
    } else {
        log_.info(text + " passes again");
    }
}

void Supervisor::watchdog_told(core::InstanceId id, core::RunId run, const NotifyFields& fields) {
    const core::Duration every = fields.watchdog_every.value_or(std::chrono::microseconds{});
    if (!fields.watchdog && !fields.watchdog_trigger && every.count() == 0) return;
    happen(core::WatchdogTold{id, run, fields.watchdog_trigger, every});
}

}  // namespace superd::supervisor
