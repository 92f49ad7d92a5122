#include "supervisor/supervisor.hpp"

#include "base/overloaded.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/selectors.hpp"

#include <malloc.h>

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

namespace superd::supervisor {

Supervisor::Supervisor(boost::asio::io_context& io, Setting setting, Log& log)
    : io_{io},
      setting_{std::move(setting)},
      log_{log},
      link_{io.get_executor(), os::Fd{keeper::link_fd}},
      logger_{io.get_executor(),
              setting_.runtime_directory + "/logger.sock",
              {.reply = [this](logger::Reply reply) { on_logger(std::move(reply)); },
               .connected = [this] { logs_.say_again(); },
               .problem = [this](std::string text) { log_.warn(text); }}},
      logs_{io.get_executor(),
            setting_.runtime_directory,
            link_,
            logger_,
            [this](core::InstanceId id) { return describe_log(id); },
            [this] { return turn_.spawning(); }},
      system_{0},
      watch_{io.get_executor(), [this](const WorkerWatch::Told& told) { stall_told(told); }},
      view_{system_,      table_,
            definitions_, history_,
            listeners_,   watch_,
            limiter_,     [this](core::InstanceId id) { return group_usage(id); }},
      commands_{system_,
                [this](TargetOutcome& outcome) {
                    const auto instances = instances_of(system_, outcome.target);
                    if (instances.empty()) return;
                    const auto speaker = view_.worst(instances);
                    outcome.state = core::to_string(system_.find(speaker)->state);
                    outcome.reason = view_.reason(speaker);
                }},
      timers_{io.get_executor(),
              [this](const std::vector<core::TimerFired>& fired) {
                  hear_services();  // A ping that is there already was in time.
                  for (const core::TimerFired& each : fired) turn_.add(each);
                  settle();
              }},
      wall_clock_{io.get_executor(), log,
                  [this](core::ClockTold told) { happen(std::move(told)); }},
      timer_store_{TimerStore::open(setting_.state_directory + "/timers")},
      strangers_{io.get_executor(),
                 [this](pid_t pid, std::optional<int> status) { on_stranger_end(pid, status); }},
      fd_store_{io.get_executor(), link_},
      listeners_{link_},
      pages_{link_, [this](core::RunId run) { watch_.remove(run); }},
      templates_{io.get_executor(), link_, template_handlers()},
      demand_{io.get_executor(), [this](core::UnitId unit) { happen(core::Demanded{unit}); }},
      survey_{io.get_executor(),
              {.processes = [this](core::InstanceId id) { return processes(id); },
               .tell = [this](core::InstanceId id,
                              wire::InstanceThreads& out) { add_slots(id, out); }}},
      condition_{io.get_executor(), link_, system_, definitions_},
      hook_jobs_{io.get_executor(), [this](HookJobs::End end) { hook_ended(std::move(end)); }},
      turn_{system_, *this},
      heartbeat_{io},
      deadline_{io},
      drain_timer_{io},
      measuring_{io},
      schedule_{io},
      load_timer_{io},
      kills_timer_{io} {}

Supervisor::~Supervisor() = default;

core::Instant Supervisor::now() const { return supervisor::now(); }

void Supervisor::happen(core::Event event) {
    turn_.add(std::move(event));
    settle();
}

void Supervisor::settle() {
    if (turn_.busy()) return;
    const bool more = turn_.settle();
    commands_.deliver(std::exchange(changed_, false));
    if (!turn_.spawning()) announce();
    end_if_done();
    if (detaching_) detach_if_done();
    if (more) {
        rush_ = true;
        settle_later();
    } else if (std::exchange(rush_, false)) {
        ::malloc_trim(0);  // What a thousand starts needed at once is not needed again soon.
    }
}

void Supervisor::settle_later() {
    if (std::exchange(continuing_, true)) return;
    boost::asio::post(io_, [this] {
        continuing_ = false;
        settle();
    });
}

void Supervisor::hear() {
    take_messages({});
    beat_if_late();
}

bool Supervisor::look() { return trees_->work(); }

void Supervisor::finish() {
    timers_.schedule();
    start_hooks();
    tend_templates();
    logs_.settle();
    logger_.flush();
    if (auto saved = timer_store_.save(); !saved) complain(saved.error());
    publish();
}

void Supervisor::carry_out(const core::Effect& effect) {
    const auto visitor = Overloaded{
        [](const core::Spawn&) { assert(false && "a turn has its own way with spawns"); },
        [&](const core::AwaitReady& e) { begin_watch(e.instance, e.run); },
        [&](const core::ForgetReady& e) { end_watch(e.instance); },
        [&](const core::StartChecks& e) { begin_checks(e.instance, e.run); },
        [&](const core::StopChecks& e) { end_checks(e.instance); },
        [&](const core::CheckTurned& e) { check_turned(e); },
        [&](const core::RunHook& e) { run_hook(e); },
        [&](const core::CancelHook& e) { cancel_hook(e); },
        [&](const core::HookTold& e) { hook_told(e); },
        [&](const core::Crashed& e) { crashed(e); },
        [&](const core::Signal& e) { trees_->signal(subject(e.instance, e.run), e.number); },
        [&](const core::AwaitDemand& e) { await_demand(e.instance); },
        [&](const core::Drain& e) { begin_drain(e); },
        [&](const core::Sweep& e) { trees_->sweep(subject(e.instance, e.run)); },
        [&](const core::ArmTimer& e) { timers_.arm(e); },
        [&](const core::DisarmTimer& e) { timers_.disarm(e.instance); },
        [&](const core::Changed& e) { changed(e); },
        [&](const core::Forget& e) { forget(e); },
        [&](const core::Answer& e) { commands_.answered(e.command, e.outcome, e.text); },
        [&](const core::Swapped& e) { swapped(e); },
        [&](const core::RollTold& e) { roll_told(e); },
        [&](const core::SetFrozen& e) { set_frozen(e); },
        [&](const core::FreezeChanged& e) { freeze_changed(e); },
        [&](const core::ArmSchedule& e) { arm_schedule(e); },
        [&](const core::TimerTold& e) { timer_told(e); },
        [&](const core::ShuttingDown& e) { on_essential_lost(e); },
        [&](const core::AllDown& e) {
            all_down_ = true;
            superd_exit_ = e.exit_code;
        },
    };
    std::visit(visitor, effect);
}

void Supervisor::changed(const core::Changed& effect) {
    changed_ = true;
    const core::Instance* const instance = system_.find(effect.instance);
    if (instance != nullptr) {
        Row& row = table_.row(effect.instance);
        // What is stopped is forgotten: its descriptors were for its next run.
        const bool stopped = instance->goal == core::Goal::down && !core::alive(*instance);
        if (stopped && !core::is_beside(effect.instance)) {
            fd_store_.drop(row.slot);
            if (!pages_.empty()) pages_.drop(row.slot);
        }
        if (row.extras && instance->state != core::State::starting) end_watch(effect.instance);
        if (!watch_.empty()) tend_watch(effect.instance, *instance);
        remember_timer(effect.instance);
    }
    // Of a run beside the one in place RollTold tells.
    if (core::is_beside(effect.instance)) return;
    if (!listeners_.empty()) tend_listeners(effect.instance, unit_name(effect.instance.unit));
    if (effect.from == effect.to) return;
    preloading_.due = true;
    Note told{.kind = wire::EventKind::state, .id = effect.instance};
    told.from = effect.from;
    told.to = effect.to;
    told.reason = core::Reason::removed;
    if (instance != nullptr) {
        told.run = instance->run;
        told.pid = instance->pid;
        told.goal = instance->goal;
        told.reason = instance->reason;
    }
    note(std::move(told));
}

void Supervisor::forget(const core::Forget& effect) {
    end_watch(effect.instance);
    end_checks(effect.instance);
    if (!listeners_.empty()) tend_listeners(effect.instance, effect.unit);
    logs_.forget(effect.instance);
    timers_.disarm(effect.instance);
    const bool beside = core::is_beside(effect.instance);
    const Row& row = table_.row(effect.instance);
    if (row.slot != 0) {
        if (!beside) {
            fd_store_.drop(row.slot);
            pages_.drop(row.slot);
        }
        // The slot's run is perhaps the highest there was: from now on only the header tells.
        write_header();
        if (auto freed = records_->release(row.slot); !freed) complain(freed.error());
    }
    if (row.grouped) {
        leave_group(group_name(effect.unit, effect.instance));
    }
    table_.erase(effect.instance);
    if (beside) return;
    history_.forget(effect.unit, effect.instance.index);
    timer_store_.forget(effect.unit, effect.instance.index);
    if (system_.find(effect.instance.unit) != nullptr) return;
    definitions_.forget(effect.unit);
    left_.try_emplace(effect.instance.unit, effect.unit);
}

std::string Supervisor::group_of(core::InstanceId id) const {
    const Row* const row = table_.find(id);
    const core::Unit* const unit = system_.find(id.unit);
    if (row == nullptr || !row->grouped || unit == nullptr) return {};
    return group_name(unit->spec->name, id);
}

// An instance has two, of which the runs that change places have one each.
std::string Supervisor::group_name(const std::string& unit, core::InstanceId id) const {
    const Row* const row = table_.find(id);
    return Groups::name(unit, core::number_of(id), row != nullptr && row->other_group);
}

Trees::Subject Supervisor::subject(core::InstanceId id, core::RunId run) const {
    Trees::Subject subject{.instance = id, .run = run};
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr) return subject;
    const auto& last = instance->last_exit;
    if (instance->pid != 0) {
        subject.leader = instance->pid;
    } else if (last && last->run == run) {
        subject.leader = last->pid;
    }
    const core::InstanceId* const owner = table_.by_pid(subject.leader);
    subject.leader_alive = subject.leader != 0 && owner != nullptr && *owner == id;
    const Row* const row = table_.find(id);
    subject.stranger = row != nullptr && row->stranger;
    if (subject.stranger) subject.user = logs_.user(run);
    subject.group = group_of(id);
    return subject;
}

turn::RecordsHeader Supervisor::header() const { return {boot_, system_.next_run(), ending_}; }

void Supervisor::write_header() {
    if (auto kept = records_->write_header(header()); !kept) complain(kept.error());
}

bool Supervisor::write(core::InstanceId id, const core::Unit& unit,
                       const core::Instance& instance) {
    Row& row = table_.row(id);
    if (auto room = records_->provide(row.slot); !room) {
        complain(room.error());
        return false;
    }
    const std::string_view said = row.extras ? row.extras->said : std::string_view{};
    const turn::Slot bytes =
        turn::encode_record(unit.spec->name, id.index, instance, row.cloned_ns, said, unit.scaled,
                            row.other_group, unit.autoscaled, row.counts);
    const auto written = records_->write(row.slot, bytes);
    if (!written) complain(written.error());
    return written.has_value();
}

std::string Supervisor::unit_name(core::UnitId id) const {
    if (const core::Unit* const unit = system_.find(id)) return unit->spec->name;
    const auto kept = left_.find(id);
    return kept != left_.end() ? kept->second : "";
}

std::string Supervisor::name_of(core::InstanceId id) const {
    const core::Unit* const unit = system_.find(id.unit);
    const std::uint32_t number = core::number_of(id);
    return instance_name(unit_name(id.unit), number,
                         unit != nullptr ? core::wanted_instances(*unit) : number + 1);
}

}  // namespace superd::supervisor
