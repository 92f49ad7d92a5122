// A supervisor's beginning: from what the one before it, or the superd before
// it, has left. As daemon/supervisor/adopting.cpp has it.
#include "turn/take_over.hpp"

#include "tests/sim/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace superd::sim {

struct Supervisor::Inheritance {
    enum class Fate : unsigned char { none, child, stranger, ended };

    struct Verdict {
        Fate fate = Fate::none;
        core::ExitStatus status;
        bool recorded = false;
        Pid pid = 0;
    };

    struct Stored {
        std::uint32_t slot = 0;
        turn::Record record;
        Verdict verdict;
    };

    turn::RecordsHeader header;
    RunId next_run = 1;
    std::vector<Stored> stored;
    bool anything_lives = false;
};

void Supervisor::start() {
    Inheritance from;
    inherit(from);
    system_ = core::System{random_(), from.next_run};
    scene_.adopt(&system_);
    const bool adopts = !from.stored.empty() && (machine_.keeper.restarted || from.anything_lives);
    turn_.perform(system_.step(scene_.clock(), now()));
    scene_.say(adopts ? "a supervisor takes over" : "a supervisor begins");
    if (adopts) {
        take_over(from);
    } else {
        begin_anew();
    }
    // The files may have changed while no superd ran.
    if (adopts && !machine_.keeper.restarted) reload(machine_.disk.accepted, false);
    if (machine_.keeper.stop_asked) shut_down();
    settle();
    if (adopts) scene_.tell([](Invariant& each) { each.took_over(); });
}

void Supervisor::inherit(Inheritance& from) {
    const Disk& disk = machine_.disk;
    from.header = turn::decode_header(disk.slots[0]).value_or(turn::RecordsHeader{});
    from.next_run = std::max(from.next_run, from.header.next_run);
    for (std::uint32_t slot = 1; slot < disk.slots.size(); ++slot) {
        auto record = turn::decode_record(disk.slots[slot]);
        if (!record) {
            free_slots_.push_back(slot);
            continue;
        }
        from.next_run = std::max(from.next_run, record->instance.run + 1);
        from.stored.push_back({slot, std::move(*record), {}});
    }
    from.next_run = std::max(from.next_run, disk.spawn.run + 1);
    by_pid_.assign(machine_.kernel.pid_max(), core::InstanceId{});
    judge(from);
}

void Supervisor::judge(Inheritance& from) {
    const Disk& disk = machine_.disk;
    std::vector<turn::Record*> records;
    for (auto& stored : from.stored) records.push_back(&stored.record);
    turn::settle_places(records);
    for (auto& stored : from.stored) {
        core::Instance& instance = stored.record.instance;
        auto& verdict = stored.verdict;
        if (!core::alive(instance)) continue;
        from.anything_lives = from.anything_lives || instance.leader_gone;
        if (instance.leader_gone) continue;
        const auto journaled = disk.journal.find(instance.run);
        verdict.recorded = journaled != disk.journal.end();
        turn::find_spawned(stored.record, {disk.spawn.run, disk.spawn.pid});
        verdict.pid = instance.pid;
        if (instance.pid == 0) continue;
        const Process* const process = machine_.kernel.find(instance.pid);
        const bool same = process != nullptr && process->run == instance.run;
        if (verdict.recorded) {
            verdict.fate = Inheritance::Fate::ended;
            verdict.status = journaled->second;
        } else if (same && process->parent == keeper_pid) {
            verdict.fate = Inheritance::Fate::child;
        } else if (same && !process->zombie) {
            verdict.fate = Inheritance::Fate::stranger;
        } else {
            verdict.fate = Inheritance::Fate::ended;
            verdict.status.unknown = true;
        }
        // A dead leader's tree may live.
        const bool lives =
            verdict.fate != Inheritance::Fate::ended || machine_.kernel.living(instance.run) != 0;
        from.anything_lives = from.anything_lives || lives;
    }
}

void Supervisor::take_over(Inheritance& from) {
    turn::TakeOver take_over{machine_.disk.accepted};
    for (auto& stored : from.stored) {
        core::Instance& instance = stored.record.instance;
        const bool still = machine_.grouped && machine_.kernel.frozen(instance.run);
        if (turn::settle_freeze(instance, {still, still}, now())) {
            machine_.kernel.thaw(instance.run);
        }
        take_over.add(stored.record);
    }
    const core::Effects effects = take_over.adopt(system_, now());
    adopt_rows(from);
    turn_.perform(effects);
    for (const auto& stored : from.stored) {
        const auto& verdict = stored.verdict;
        if (verdict.pid == 0 || verdict.fate != Inheritance::Fate::ended) continue;
        const core::InstanceId id = by_pid_[static_cast<std::size_t>(verdict.pid)];
        if (id.unit == 0) continue;
        const core::Exited ended =
            verdict.recorded ? judged(id, verdict.status) : recorded(id, verdict.status);
        publish();
        turn_.go_on(ended);
    }
    if (take_over.leavers()) {
        turn_.perform(system_.apply(machine_.disk.accepted, now()));
    }
    if (!machine_.keeper.restarted || !from.header.ending) return;
    ending_ = from.header.ending;
    limit_shut_down();
    add(core::ShutdownRequested{*ending_});
}

void Supervisor::adopt_rows(Inheritance& from) {
    // Of what is freed only the header tells from now on; and still of what superd is doing.
    if (machine_.keeper.restarted) ending_ = from.header.ending;
    write_header();
    tick();
    for (auto& stored : from.stored) {
        const core::Unit* const unit = system_.find(stored.record.unit);
        const std::uint32_t index = stored.record.index;
        if (unit == nullptr || system_.find(core::InstanceId{unit->id, index}) == nullptr) {
            machine_.disk.slots[stored.slot] = {};
            free_slots_.push_back(stored.slot);
            tick();
            continue;
        }
        const core::InstanceId id{unit->id, index};
        Row& its = row(id);
        its.slot = stored.slot;
        its.cloned_ns = stored.record.cloned_ns;
        turn_.outdate(id);
        const auto& verdict = stored.verdict;
        if (verdict.pid == 0) continue;
        by_pid_[static_cast<std::size_t>(verdict.pid)] = id;
        its.stranger = verdict.fate == Inheritance::Fate::stranger;
        if (!its.stranger) continue;
        strangers_.emplace_back(verdict.pid, machine_.kernel.find(verdict.pid)->birth);
    }
}

// Nothing runs, and what was before is history.
void Supervisor::begin_anew() {
    scene_.tell([](Invariant& each) { each.begun_anew(); });
    machine_.disk.slots.resize(1);
    free_slots_.clear();
    write_header();
    turn_.perform(system_.apply(machine_.disk.accepted, now()));
}

}  // namespace superd::sim
