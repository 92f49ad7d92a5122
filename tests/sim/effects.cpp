// The simulated supervisor as the shell of its turns.
#include "base/overloaded.hpp"
#include "tests/sim/supervisor.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration clone_takes = 300us;
constexpr std::int32_t cannot_execute = 127;

}  // namespace

Supervisor::Row& Supervisor::row(core::InstanceId id) {
    return rows_[std::uint64_t{id.unit} << 32 | id.index];
}

// The instance's runs, the one in place and the one beside it, change places.
void Supervisor::swap(core::InstanceId id) {
    const core::InstanceId other = core::beside(id);
    std::swap(row(id), row(other));
    const auto change = [&](core::InstanceId& owner) {
        if (core::in_place(owner) != id) return;
        owner = core::is_beside(owner) ? id : other;
    };
    for (core::InstanceId& owner : by_pid_) {
        if (owner.unit == id.unit) change(owner);
    }
    for (auto& [number, each] : checked_) change(each.instance);
    for (auto& [number, each] : hooks_) change(each.instance);
}

Subject Supervisor::subject(core::InstanceId id, RunId run) const {
    Subject subject{.instance = id, .run = run};
    const core::Instance* const instance = system_.find(id);
    if (instance == nullptr) return subject;
    const auto& last = instance->last_exit;
    if (instance->pid != 0) {
        subject.leader = instance->pid;
    } else if (last && last->run == run) {
        subject.leader = last->pid;
    }
    const core::InstanceId owner = by_pid_[static_cast<std::size_t>(subject.leader)];
    subject.leader_lives = subject.leader != 0 && owner.unit != 0 && owner == id;
    return subject;
}

void Supervisor::carry_out(const core::Effect& effect) {
    tick();
    if (scene_.trace.on()) {
        scene_.trace.say(now(), effect, [this](core::InstanceId id) { return scene_.name(id); });
    }
    scene_.tell([&](Invariant& each) { each.asked(effect); });
    perform(effect);
    tick();
}

void Supervisor::perform(const core::Effect& effect) {
    const auto visitor = Overloaded{
        [](const core::Spawn&) { assert(false && "a turn has its own way with spawns"); },
        [&](const core::AwaitReady& e) { await_ready(e.instance, e.run); },
        [&](const core::ForgetReady& e) { row(e.instance).watched = 0; },
        [&](const core::StartChecks& e) { start_checks(e.instance, e.run); },
        [&](const core::StopChecks& e) {
            checked_.erase(std::exchange(row(e.instance).checks, 0));
        },
        [](const core::CheckTurned&) {},
        [&](const core::Signal& e) {
            scene_.mark(mix(e.run, static_cast<std::uint64_t>(e.number)));
            trees_.signal(subject(e.instance, e.run), e.number);
        },
        [&](const core::RunHook& e) { run_hook({e.instance, e.run, e.hook}); },
        [&](const core::Crashed& e) { run_hook({e.instance, e.run, core::Hook::on_crash}); },
        [&](const core::Drain& e) { run_hook({e.instance, e.run}); },
        [&](const core::CancelHook& e) { cancel_hook(e.run, e.hook); },
        [](const core::HookTold&) {},
        [&](const core::Swapped& e) { swap(e.instance); },
        [&](const core::SetFrozen& e) { set_frozen(e); },
        [](const core::FreezeChanged&) {},
        [](const core::RollTold&) {},
        [](const core::TimerTold&) {},
        [&](const core::ArmSchedule& e) { schedule_at_ = e.at; },
        [&](const core::AwaitDemand& e) { run_hook({e.instance, 0, core::Hook::none}); },
        [&](const core::Sweep& e) { trees_.sweep(subject(e.instance, e.run)); },
        [&](const core::ArmTimer& e) { timers_.arm(e); },
        [&](const core::DisarmTimer& e) { timers_.disarm(e.instance); },
        [&](const core::Changed& e) {
            const core::Instance* const instance = system_.find(e.instance);
            if (instance != nullptr && instance->state != core::State::starting) {
                row(e.instance).watched = 0;
            }
        },
        [&](const core::Forget& e) { forget(e); },
        [&](const core::Answer& e) { commands_.erase(e.command); },
        [&](const core::ShuttingDown& e) {
            ending_ = e.exit_code;
            write_header();
            limit_shut_down();
        },
        [&](const core::AllDown&) { all_down_ = true; },
    };
    std::visit(visitor, effect);
}

void Supervisor::await_ready(core::InstanceId id, RunId run) {
    row(id).watched = run;
    if (!Machine::is_probed(scene_.key(id))) return;
    const core::Instance& instance = *system_.find(id);
    const Process* const process = machine_.kernel.find(instance.pid);
    if (process != nullptr && process->ready && !core::held(instance)) ready(*process);
}

// Only a control group can be frozen.
void Supervisor::set_frozen(const core::SetFrozen& effect) {
    core::FreezeTold told{effect.instance, effect.run, effect.on, {}};
    if (!machine_.grouped) {
        if (effect.on) told.error = "cannot freeze: there are no control groups";
        if (effect.on) mail_.emplace_back(core::Event{told});
        return;
    }
    if (!effect.on) return machine_.kernel.thaw(effect.run);
    machine_.kernel.freeze(effect.run);
    mail_.emplace_back(core::Event{told});
}

void Supervisor::start_checks(core::InstanceId id, RunId run) {
    Row& its = row(id);
    checked_.erase(its.checks);
    its.checks = next_checks_++;
    checked_.emplace(its.checks, Checked{id, run});
    const auto& checks = system_.find(id.unit)->spec->checks;
    for (std::uint32_t i = 0; i < checks.size(); ++i) {
        machine_.kernel.agenda().add({.at = now() + checks[i].start_after + checks[i].every,
                                      .due = Due::check,
                                      .number = its.checks,
                                      .detail = i});
    }
}

void Supervisor::forget(const core::Forget& effect) {
    timers_.disarm(effect.instance);
    Row& its = row(effect.instance);
    checked_.erase(its.checks);
    if (its.slot != 0) {
        write_header();
        tick();
        machine_.disk.slots[its.slot] = {};
        free_slots_.push_back(its.slot);
        tick();
    }
    its = {};
}

void Supervisor::write_header() {
    machine_.disk.slots[0] = turn::encode_header({"boot", system_.next_run(), ending_});
}

std::uint32_t Supervisor::allocate() {
    if (!free_slots_.empty()) {
        const std::uint32_t slot = free_slots_.back();
        free_slots_.pop_back();
        return slot;
    }
    machine_.disk.slots.emplace_back();
    return static_cast<std::uint32_t>(machine_.disk.slots.size() - 1);
}

bool Supervisor::write(core::InstanceId id, const core::Unit& unit,
                       const core::Instance& instance) {
    tick();
    Row& its = row(id);
    // But for a unit's first: one that is new and not written down is begun anew by the next
    // supervisor, and wakes what it needs, though the operator may have stopped that meanwhile.
    const bool needs_room = its.slot == 0 && free_slots_.empty() && id.index != 0;
    if (needs_room && now() < machine_.forks_fail_until) return false;
    if (its.slot == 0) its.slot = allocate();
    machine_.disk.slots[its.slot] =
        turn::encode_record(unit.spec->name, id.index, instance, its.cloned_ns, {}, unit.scaled,
                            false, unit.autoscaled);
    if (instance.pid == 0) machine_.unrecorded.erase(instance.run);
    // From now on the new main process is the one that counts.
    if (instance.pid == 0 || machine_.find(instance.run) == nullptr) return true;
    Life& truth = machine_.life(instance.run);
    if (truth.pid == instance.pid) return true;
    const Process* const main = machine_.kernel.find(instance.pid);
    truth.pid = instance.pid;
    truth.has_ended = main == nullptr || main->zombie;
    truth.ended = now();
    if (main != nullptr) truth.birth = main->birth;
    return true;
}

core::SpawnFailed Supervisor::give_up(const core::Spawn& spawn) {
    scene_.say("the records have no room for " + to_string(scene_.key(spawn.instance)));
    core::SpawnFailed failed{spawn.instance, spawn.run, "cannot start: ENOSPC", true};
    show(failed);
    return failed;
}

std::optional<core::SpawnFailed> Supervisor::prepare(const core::Spawn& spawn) {
    tick();
    const Key key = scene_.key(spawn.instance);
    Row& its = row(spawn.instance);
    its.stranger = false;
    its.cloned_ns = now().time_since_epoch().count();
    // Whoever froze what was in its group before: a superd that is gone, say.
    const RunId before = machine_.latest(key);
    if (machine_.kernel.living(before) == 0) machine_.kernel.thaw(before);
    const bool no_room = now() < machine_.forks_fail_until && spawn.run % 3 == 0;
    if (!no_room) return std::nullopt;
    scene_.say("no descriptor is left for " + to_string(key));
    core::SpawnFailed failed{spawn.instance, spawn.run, "cannot start: EMFILE", true};
    show(failed);
    return failed;
}

std::optional<core::Event> Supervisor::clone(const core::Spawn& spawn) {
    const auto [id, run] = spawn;
    scene_.tell([&](Invariant& each) { each.cloning(id, run); });
    const Key key = scene_.key(id);
    tick();
    machine_.disk.spawn = {run, 0};
    tick();
    if (!machine_.by_hand) machine_.pass(now() + clone_takes + random_.within(clone_takes));
    const core::UnitSpec& spec = *scene_.unit(id).spec;
    Rng chance{mix(scene_.chance, pack(key), 7)};
    const Behaviour behaviour = machine_.by_hand ? Behaviour{.deaf = true, .ready_after = forever}
                                                 : behave(chance, spec, machine_.faults);
    const bool fails = now() < machine_.forks_fail_until;
    const Pid pid = fails ? 0 : machine_.kernel.fork(key, run, keeper_pid, behaviour);
    if (pid == 0) {
        scene_.say("fork fails for " + to_string(key));
        return answer(core::SpawnFailed{id, run, "cannot start: fork: EAGAIN", true});
    }
    Process& made = *machine_.kernel.find(pid);
    made.main = true;
    machine_.made({.run = run, .owner = key, .pid = pid, .birth = made.birth, .made = now()});
    machine_.disk.spawn.pid = pid;
    scene_.mark(mix(run, static_cast<std::uint64_t>((now() - scene_.begin).count()), key.unit));
    scene_.say("pid " + std::to_string(pid) + " is made for " + to_string(key) + " run " +
               std::to_string(run));
    if (machine_.faults.has(Fault::programs) && chance.percent(4)) {
        machine_.life(run).unstartable = true;
        machine_.kernel.die(made, {.code = cannot_execute});
        exec_failures_.push_back(pid);
        tick();
        return answer(core::SpawnFailed{id, run, "cannot start: no such file", false});
    }
    machine_.kernel.begin(pid);
    tick();
    by_pid_[static_cast<std::size_t>(pid)] = id;
    return answer(core::Spawned{id, run, pid});
}

std::optional<core::Exited> Supervisor::record(const turn::ToldExit& told) {
    tick();
    const core::InstanceId owner = by_pid_[static_cast<std::size_t>(told.pid)];
    const bool in_vain = std::erase(exec_failures_, told.pid) > 0;
    if (owner.unit == 0 || in_vain) {
        trees_.orphan_ended();
        return std::nullopt;
    }
    return recorded(owner, told.status);
}

core::Exited Supervisor::recorded(core::InstanceId id, const core::ExitStatus& status) {
    unpublished_.emplace_back(system_.find(id)->run, status);
    return judged(id, status);
}

core::Exited Supervisor::judged(core::InstanceId id, const core::ExitStatus& status) {
    const core::Instance& instance = *system_.find(id);
    core::InstanceId& owner = by_pid_[static_cast<std::size_t>(instance.pid)];
    if (owner == id) owner = {};
    return {id, instance.run, status};
}

void Supervisor::publish() {
    tick();
    for (const auto& [run, status] : std::exchange(unpublished_, {})) {
        scene_.tell([&](Invariant& each) { each.journaled(run, status); });
        machine_.disk.journal.emplace(run, status);
    }
    tick();
}

void Supervisor::acknowledge(std::int32_t last, std::size_t count) {
    tick();
    const bool good = machine_.keeper.acknowledge(last, count, [this](Pid pid) {
        scene_.tell([&](Invariant& each) { each.acknowledged(pid); });
    });
    assert(good && "only what was told is acknowledged");
    tick();
}

void Supervisor::going_on(const core::Exited& exited) {
    tick();
    show(exited);
    machine_.life(exited.run).heard = true;
    machine_.unrecorded.insert(exited.run);
}

void Supervisor::hear() {
    tick();
    take_messages();
}

bool Supervisor::look() {
    tick();
    const auto events = trees_.work();
    for (const core::Event& event : events) add(event);
    return !events.empty();
}

void Supervisor::finish() {
    tick();
    publish();
}

void Supervisor::ended(const Process& process) {
    if (std::ranges::find(strangers_, std::pair{process.pid, process.birth}) != strangers_.end()) {
        const bool seen = process.parent != init_pid;  // init reaps before anybody has looked.
        mail_.emplace_back(StrangerEnd{process.pid, process.birth,
                                       seen ? std::optional{process.status} : std::nullopt});
    }
    // Those are watched by pidfds when their tree is looked at.
    if (process.parent != keeper_pid) trees_.orphan_ended();
}

void Supervisor::ready(const Process& process) {
    if (!Machine::is_probed(process.owner) && !process.behaviour.cannot_be_ready) return;
    const core::InstanceId id = by_pid_[static_cast<std::size_t>(process.pid)];
    if (id.unit == 0 || row(id).watched != process.run) return;
    if (process.behaviour.cannot_be_ready) {
        mail_.emplace_back(core::ReadyFailed{id, process.run});
    } else {
        mail_.emplace_back(core::BecameReady{id, process.run});
    }
}

void Supervisor::due(const Item& item) {
    if (item.due == Due::look) return trees_.due(item);
    if (item.due == Due::hook) return hook_ended(item);
    const auto found = checked_.find(item.number);
    if (found == checked_.end()) return;
    const auto [id, run] = found->second;
    const auto& checks = system_.find(id.unit)->spec->checks;
    if (item.detail >= checks.size()) return;
    const core::Instance* const instance = system_.find(id);
    const Process* const process = machine_.kernel.find(instance->pid);
    const bool well = process != nullptr && !process->zombie &&
                      now() - process->started <= process->behaviour.well_for &&
                      !random_.percent(process->behaviour.flaps);
    if (well) {
        mail_.emplace_back(core::CheckPassed{id, run, item.detail});
    } else {
        mail_.emplace_back(core::CheckFailed{id, run, item.detail, "refused"});
    }
    Item again = item;
    again.at = now() + checks[item.detail].every;
    machine_.kernel.agenda().add(again);
}

}  // namespace superd::sim
