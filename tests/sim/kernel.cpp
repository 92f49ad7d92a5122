#include "tests/sim/kernel.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>

namespace superd::sim {

Kernel::Kernel(Pid pid_max, Instant begin, Listener& listener)
    : table_(static_cast<std::size_t>(pid_max)), now_{begin}, listener_{listener} {}

Process* Kernel::find(Pid pid) {
    if (pid < first_pid || static_cast<std::size_t>(pid) >= table_.size()) return nullptr;
    Process& found = table_[static_cast<std::size_t>(pid)];
    return found.pid == 0 ? nullptr : &found;
}

Process* Kernel::find(Pid pid, std::uint64_t birth) {
    Process* const found = find(pid);
    return found != nullptr && found->birth == birth && !found->zombie ? found : nullptr;
}

Pid Kernel::free_pid() {
    const auto end = static_cast<Pid>(table_.size());
    for (Pid tries = first_pid; tries < end; ++tries) {
        const Pid pid = next_pid_;
        next_pid_ = pid + 1 < end ? pid + 1 : first_pid;
        if (table_[static_cast<std::size_t>(pid)].pid == 0) return pid;
    }
    return 0;
}

Pid Kernel::fork(Key owner, RunId run, Pid parent, const Behaviour& behaviour) {
    const Pid pid = free_pid();
    if (pid == 0) return 0;
    Process& made = table_[static_cast<std::size_t>(pid)];
    made = Process{.pid = pid, .parent = parent, .birth = ++births_, .owner = owner, .run = run};
    made.started = now_;
    made.behaviour = behaviour;
    trees_[run].push_back(pid);
    ++living_;
    return pid;
}

void Kernel::begin(Pid pid) {
    const Process& it = *find(pid);
    const Behaviour& does = it.behaviour;
    const auto plan = [&](Due due, Duration after) {
        if (after == forever) return;
        agenda_.add({.at = now_ + after, .due = due, .pid = pid, .number = it.birth});
    };
    plan(Due::end, does.lives);
    if (!it.main) return;
    plan(Due::ready, does.ready_after);
    if (does.pings != Duration{}) plan(Due::ping, does.pings);
    if (does.word != Behaviour::Word::none) plan(Due::word, does.word_after);
    const Behaviour copy = does;
    const Process parent = it;
    for (std::uint32_t i = 0; i < copy.child_count; ++i) {
        const Behaviour::Child& child = copy.children[i];
        const Pid born =
            fork(parent.owner, parent.run, pid, {.lives = child.lives, .deaf = child.deaf});
        if (born == 0) return;
        find(born)->own_session = child.own_session;
        begin(born);
    }
}

void Kernel::signal(Pid pid, int number) {
    Process* const it = find(pid);
    if (it == nullptr || it->zombie) return;
    const core::ExitStatus killed{.signal = number};
    if (number == SIGKILL) return die(*it, killed);
    if (const auto still = frozen_.find(it->run); still != frozen_.end()) {
        still->second.signals.emplace_back(pid, number);
        return;
    }
    if (it->behaviour.deaf) return;
    if (it->behaviour.winds_down == Duration{}) return die(*it, killed);
    // Once is enough: a second signal does not make it slower.
    it->behaviour.end = killed;
    agenda_.add(
        {.at = now_ + it->behaviour.winds_down, .due = Due::end, .pid = pid, .number = it->birth});
}

void Kernel::freeze(RunId run) { frozen_.try_emplace(run); }

void Kernel::thaw(RunId run) {
    const auto found = frozen_.find(run);
    if (found == frozen_.end()) return;
    const Frozen still = std::move(found->second);
    frozen_.erase(found);
    for (Item item : still.items) {
        item.at = now_;
        agenda_.add(item);
    }
    for (const auto& [pid, number] : still.signals) {
        // The number of one that has ended since may be another's.
        const Process* const it = find(pid);
        if (it != nullptr && it->run == run) signal(pid, number);
    }
}

bool Kernel::put_off(const Process& process, const Item& item) {
    const auto found = frozen_.find(process.run);
    if (found == frozen_.end()) return false;
    found->second.items.push_back(item);
    return true;
}

void Kernel::die(Process& process, core::ExitStatus status) {
    assert(!process.zombie);
    process.zombie = true;
    process.status = status;
    --living_;
    const Pid reaper = process.parent == init_pid ? init_pid : keeper_pid;
    for (const Pid each : std::vector{tree(process.run)}) {
        Process& other = *find(each);
        if (other.parent == process.pid) other.parent = reaper;
    }
    listener_.ended(process);
    // init, and a service that lives, reap at once.
    const Process* const parent = find(process.parent);
    if (process.parent == init_pid || (parent != nullptr && !parent->zombie)) release(process);
}

void Kernel::reap(Pid pid) {
    Process* const it = find(pid);
    assert(it != nullptr && it->zombie && "only the dead are reaped");
    release(*it);
}

void Kernel::release(Process& process) {
    const auto found = trees_.find(process.run);
    std::erase(found->second, process.pid);
    if (found->second.empty()) trees_.erase(found);
    process.pid = 0;
}

void Kernel::keeper_ended() {
    for (Process& each : table_) {
        if (each.pid == 0 || each.parent != keeper_pid) continue;
        each.parent = init_pid;
        if (each.zombie) release(each);
    }
}

void Kernel::heal() {
    for (Process& each : table_) {
        if (each.pid == 0 || each.zombie) continue;
        each.behaviour.deaf = false;
        each.behaviour.well_for = forever;
        each.behaviour.flaps = 0;
        if (each.main) continue;
        agenda_.add({.at = now_, .due = Due::end, .pid = each.pid, .number = each.birth});
    }
}

const std::vector<Pid>& Kernel::tree(RunId run) const {
    static const std::vector<Pid> none;
    const auto found = trees_.find(run);
    return found == trees_.end() ? none : found->second;
}

std::uint32_t Kernel::living(RunId run) const {
    std::uint32_t count = 0;
    for (const Pid pid : tree(run)) count += find(pid)->zombie ? 0 : 1;
    return count;
}

std::vector<Pid> Kernel::all() const {
    std::vector<Pid> pids;
    for (const Process& each : table_) {
        if (each.pid != 0) pids.push_back(each.pid);
    }
    return pids;
}

}  // namespace superd::sim
