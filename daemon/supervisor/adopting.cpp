// Taking over: from an earlier supervisor of this keeper, or, after every
// superd process had died, from the records alone. One way for both.
#include "os/clock.hpp"
#include "os/file.hpp"
#include "os/process.hpp"
#include "os/tree.hpp"
#include "supervisor/inheritance.hpp"
#include "supervisor/moment.hpp"
#include "supervisor/own_page.hpp"
#include "supervisor/pidfd_name.hpp"
#include "turn/take_over.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace superd::supervisor {
namespace {

// A process is started at the moment of its clone, a tick of the clock more or less.
constexpr std::int64_t clone_tolerance_ns = 1'000'000'000;

bool started_at(const os::ProcessStat& stat, std::int64_t cloned_ns) {
    const std::int64_t tick_ns = os::tick_ns();
    const std::int64_t started = os::started_ns(stat);
    return started + tick_ns >= cloned_ns && started <= cloned_ns + clone_tolerance_ns;
}

using Verdict = Supervisor::Inheritance::Verdict;

// Looks at the process that the record names.
class Judge {
public:
    Judge(const Supervisor::Inheritance& from, KeeperLink& link, pid_t keeper)
        : from_{from}, link_{link}, keeper_{keeper} {}

    Verdict judge(turn::Record& record) {
        core::Instance& instance = record.instance;
        Verdict verdict{.run = instance.run};
        if (instance.last_exit) {
            verdict.last_run = instance.last_exit->run;
            verdict.last_pid = instance.last_exit->pid;
        }
        verdict.alive = core::alive(instance);
        if (!verdict.alive || instance.leader_gone) return verdict;
        if (instance.pid == 0) find_spawned(record);
        verdict.pid = instance.pid;
        if (instance.pid != 0) look(record, verdict);
        return verdict;
    }

private:
    // The kernel, or a template, may have made the process, and the record not heard of it.
    void find_spawned(turn::Record& record) const {
        const core::RunId run = record.instance.run;
        if (const auto forked = from_.forked.find(run); forked != from_.forked.end()) {
            record.instance.pid = forked->second;
            const auto stat = os::process_stat(forked->second);
            if (stat) record.cloned_ns = os::started_ns(*stat);
            return;
        }
        if (const auto ended = from_.past.exits.find(run); ended != from_.past.exits.end()) {
            // Its pid may be another's by now.
            record.instance.pid = ended->second.pid;
            return;
        }
        turn::find_spawned(record, {from_.spawn.run, from_.spawn.pid});
    }

    void look(const turn::Record& record, Verdict& verdict) const {
        const core::Instance& instance = record.instance;
        os::Fd kept = fetch_pidfd(instance.run);
        auto pidfd = os::pidfd_open(instance.pid);
        // Looked at after the pidfd was opened, which cannot change its meaning then.
        const auto stat = os::process_stat(instance.pid);
        const bool same = stat && started_at(*stat, record.cloned_ns);
        const auto exit = from_.past.exits.find(instance.run);
        verdict.recorded = exit != from_.past.exits.end();
        if (verdict.recorded) {
            verdict.fate = Fate::ended;
            verdict.status = exit->second.status;
        } else if (same && stat->parent == keeper_) {
            verdict.fate = Fate::child;
        } else if (kept && is_about(kept, instance.pid, same)) {
            // It may have ended while no superd lived: then the kernel tells by this one how.
            verdict.fate = Fate::stranger;
            verdict.pidfd = std::move(kept);
            verdict.pidfd_held = true;
        } else if (same && pidfd && stat->state != 'Z') {
            verdict.fate = Fate::stranger;
            verdict.pidfd = std::move(*pidfd);
        } else {
            verdict.fate = Fate::ended;
            verdict.status.unknown = true;
        }
    }

    // What is held for the run: it may be the keeper's child, too.
    os::Fd fetch_pidfd(core::RunId run) const {
        const std::string name = pidfd_name(run);
        return from_.held.contains(name) ? std::move(link_.fetch(name)[0]) : os::Fd{};
    }

    // The main process may have been another when it was held.
    static bool is_about(const os::Fd& pidfd, pid_t pid, bool lives) {
        const auto whose = os::pidfd_pid(pidfd);
        return whose ? *whose == pid : !lives;
    }

    const Supervisor::Inheritance& from_;
    KeeperLink& link_;
    pid_t keeper_;
};

}  // namespace

void Supervisor::judge(Inheritance& from) {
    Judge judge{from, link_, welcome_.pid};
    const bool same_boot = from.records.header.boot == boot_;
    if (!same_boot) from.records.records.clear();
    std::vector<turn::Record*> records;
    for (auto& stored : from.records.records) records.push_back(&stored.record);
    turn::settle_places(records);
    for (auto& stored : from.records.records) {
        auto& verdict = from.verdicts.emplace_back(judge.judge(stored.record));
        const bool lives = verdict.fate == Fate::child || verdict.fate == Fate::stranger;
        // A dead leader's tree may live.
        const bool rest = verdict.alive && stored.record.instance.leader_gone;
        from.anything_alive = from.anything_alive || lives || rest;
    }
    if (from.anything_alive) return;
    // Leaders that ended unseen may have left others of their trees behind: a run
    // that is started beside those would be one too many.
    std::vector<os::TreeRun> unseen;
    for (const auto& verdict : from.verdicts) {
        if (verdict.fate == Fate::ended)
            unseen.push_back({0, verdict.run, logs_.user(verdict.run)});
    }
    if (unseen.empty()) return;
    const os::TreeScan scan{welcome_.pid, scope_};
    from.anything_alive = !scan.everywhere(unseen, [](pid_t) { return false; }).empty();
}

void Supervisor::take_over(Inheritance& from) {
    end_interrupted_hooks(from);
    settle_freezes(from);
    turn::TakeOver take_over{definitions_.specs()};
    for (auto& stored : from.records.records) take_over.add(stored.record);
    const core::Effects effects = take_over.adopt(system_, now());
    from.listeners = listeners_.adopt(from.held, from.records.next_run - 1);
    adopt_rows(from);
    adopt_pages(from);
    adopt_logs(from);
    turn_.perform(effects);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < from.verdicts.size(); ++i) {
        const Inheritance::Verdict& verdict = from.verdicts[i];
        const core::InstanceId* const id = table_.by_pid(verdict.pid);
        if (verdict.pid == 0 || id == nullptr) continue;
        if (verdict.fate == Fate::ended) {
            const core::Exited ended = verdict.recorded
                                           ? judged(*id, verdict.status)
                                           : recorded(*id, {verdict.pid, verdict.status});
            publish();
            turn_.go_on(ended);
        } else {
            ++kept;
        }
    }
    if (take_over.leavers()) turn_.perform(system_.apply(definitions_.specs(), now()));
    // A stop that the supervisor before began; with a new keeper superd's life is a new one.
    if (from.restarted && from.records.header.ending) {
        ending_ = from.records.header.ending;
        limit_shut_down();
        turn_.add(core::ShutdownRequested{*ending_});
    }
    release_leftovers(from);
    adopt_groups();
    tend_all_listeners();
    renew_watches();
    log_.info("took over " + std::to_string(kept) + " running instances");
    say("supervisor took over " + std::to_string(kept) + " running instances");
}

void Supervisor::adopt_rows(Inheritance& from) {
    // Of what is freed only the header tells from now on; and still of what superd is doing.
    if (from.restarted) ending_ = from.records.header.ending;
    write_header();
    for (std::size_t i = 0; i < from.records.records.size(); ++i) {
        const auto& [slot, record] = from.records.records[i];
        Inheritance::Verdict& verdict = from.verdicts[i];
        const core::Unit* const unit = system_.find(record.unit);
        if (unit == nullptr || system_.find({unit->id, record.index}) == nullptr) {
            if (auto freed = records_->release(slot); !freed) complain(freed.error());
            continue;
        }
        const core::InstanceId id{unit->id, record.index};
        Row& row = table_.row(id);
        row.slot = slot;
        row.cloned_ns = record.cloned_ns;
        row.grouped = groups_ != nullptr && verdict.run != 0;
        row.other_group = record.other_group;
        row.counts = record.counts;
        turn_.outdate(id);
        if (verdict.pid != 0 && !record.said.empty()) row.extra().said = record.said;
        if (verdict.pid == 0) continue;
        table_.set_pid(verdict.pid, id);
        row.stranger = verdict.fate == Fate::stranger;
        const std::string held = pidfd_name(verdict.run);
        const bool lacks = parks() && !from.held.contains(held);
        if (verdict.fate == Fate::child && lacks) hold_pidfd(verdict.run, verdict.pid);
        if (!row.stranger) continue;
        restore_listeners(id, verdict.pid, verdict.pidfd);
        const config::Unit* const defined = definitions_.find(record.unit);
        const bool shares = defined != nullptr && defined->hosted;
        if (shares && !from.held.contains(Pages::held_name(verdict.run))) {
            verdict.page = own_page(verdict.pid, verdict.pidfd);
        }
        if (!verdict.pidfd_held) link_.hold(held, std::array{verdict.pidfd.get()});
        strangers_.add(verdict.pid, std::move(verdict.pidfd));
    }
}

// The FIFOs of a run whose service lives are opened by name and given to the
// keeper (again); those of a run that has ended are drained and closed.
void Supervisor::adopt_logs(Inheritance& from) {
    const auto on_disk = logs_.leftovers();
    const std::set<core::RunId> runs{on_disk.begin(), on_disk.end()};
    std::set<core::RunId> known;
    const auto attach = [&](core::RunId run, core::InstanceId id, pid_t pid, bool over) {
        if (!runs.contains(run) || !known.insert(run).second) return;
        if (!from.held.contains("log." + std::to_string(run))) {
            const auto fifos = logs_.create(run, static_cast<uid_t>(-1), static_cast<gid_t>(-1));
            if (!fifos) return complain(fifos.error());
        }
        logs_.open(run, id, pid);
        if (!over) return;
        logs_.drain(run);
        logs_.close(run);
    };
    for (std::size_t i = 0; i < from.records.records.size(); ++i) {
        const turn::Record& record = from.records.records[i].record;
        const Inheritance::Verdict& verdict = from.verdicts[i];
        const core::Unit* const unit = system_.find(record.unit);
        if (unit == nullptr) continue;
        const core::InstanceId id{unit->id, record.index};
        const bool gone = verdict.alive && verdict.pid == 0;  // Its leader is, or it never was.
        if (verdict.pid != 0) attach(verdict.run, id, verdict.pid, false);
        if (gone && verdict.run == verdict.last_run) {
            attach(verdict.run, id, verdict.last_pid, false);
            logs_.drain(verdict.run);
        }
        if (verdict.last_run != 0) attach(verdict.last_run, id, verdict.last_pid, true);
    }
    for (const TemplateProcess::Identity& each : templates_.living()) {
        const core::Unit* const unit = system_.find(each.unit);
        if (unit == nullptr || !runs.contains(each.number)) continue;
        known.insert(each.number);
        logs_.open(each.number, {unit->id, 0}, each.pid, "template");
    }
    for (const core::RunId run : runs) {
        if (!known.contains(run)) logs_.retire(run);
    }
}

// The slot of the instance whose next run wants what an earlier one of it left; 0: none does.
std::uint32_t Supervisor::home_of_descriptors(const Inheritance& from, std::uint32_t slot) const {
    for (const auto& stored : from.records.records) {
        if (stored.slot != slot) continue;
        const core::Unit* const unit = system_.find(stored.record.unit);
        if (unit == nullptr) return 0;
        const core::InstanceId id = core::in_place({unit->id, stored.record.index});
        const core::Instance* const instance = system_.find(id);
        const Row* const row = table_.find(id);
        const bool wanted =
            instance != nullptr && (instance->goal == core::Goal::up || core::alive(*instance));
        return wanted && row != nullptr ? row->slot : 0;
    }
    return 0;
}

// What the keeper holds for runs that are over.
void Supervisor::release_leftovers(Inheritance& from) {
    std::set<std::string> wanted{"announced"};
    for (const Inheritance::Verdict& verdict : from.verdicts) {
        const std::string run = std::to_string(verdict.run);
        const bool lives = verdict.fate == Fate::child || verdict.fate == Fate::stranger;
        if (lives) wanted.insert(pidfd_name(verdict.run));
        if (verdict.pid != 0) wanted.insert("ready." + run);
    }
    wanted.merge(from.listeners);
    wanted.merge(from.pages);
    wanted.merge(templates_.held_names());
    wanted.merge(fd_store_.adopt(
        from.held, [this, &from](std::uint32_t slot) { return home_of_descriptors(from, slot); }));
    // With those FIFOs that are there the runs that had them are dealt with.
    for (const core::RunId run : logs_.leftovers()) wanted.insert("log." + std::to_string(run));
    for (const std::string& name : from.held) {
        if (!wanted.contains(name)) link_.release(name);
    }
}

}  // namespace superd::supervisor
