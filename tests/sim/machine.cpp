#include "tests/sim/machine.hpp"

#include <algorithm>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration reload_takes = 300ms;

}  // namespace

const Life* Machine::find(RunId run) const {
    const auto found = lives_.find(run);
    return found == lives_.end() ? nullptr : &found->second;
}

RunId Machine::latest(Key key) const {
    const auto found = latest_.find(pack(key));
    return found == latest_.end() ? 0 : found->second;
}

void Machine::made(const Life& life) {
    lives_[life.run] = life;
    latest_[pack(life.owner)] = life.run;
}

void Machine::pass(Instant to) {
    for (auto next = kernel.agenda().next(); next && *next <= to; next = kernel.agenda().next()) {
        const Item item = kernel.agenda().take();
        kernel.advance(std::max(kernel.now(), item.at));
        handle(item);
    }
    kernel.advance(std::max(kernel.now(), to));
}

void Machine::handle(const Item& item) {
    if (item.due == Due::supervisor) {
        supervisor_due = true;
        return;
    }
    if (item.due == Due::check || item.due == Due::hook || item.due == Due::look) {
        if (client != nullptr) client->due(item);
        return;
    }
    Process* const process = kernel.find(item.pid, item.number);
    if (process == nullptr || kernel.put_off(*process, item)) return;
    switch (item.due) {
        case Due::end: return kernel.die(*process, process->behaviour.end);
        case Due::ready: return became_ready(*process);
        case Due::ping: {
            if (kernel.now() - process->started > process->behaviour.well_for) return;
            notices.push_back({.pid = process->pid, .what = Notice::What::ping});
            Item again = item;
            again.at = kernel.now() + process->behaviour.pings;
            return kernel.agenda().add(again);
        }
        case Due::word: return speak(*process, item.detail);
        case Due::check:
        case Due::hook:
        case Due::look:
        case Due::supervisor: return;
    }
}

void Machine::became_ready(Process& process) {
    process.ready = true;
    Life& truth = life(process.run);
    if (!process.behaviour.cannot_be_ready) {
        truth.ready = true;
        truth.ready_at = kernel.now();
    }
    if (!is_probed(process.owner) && !process.behaviour.cannot_be_ready) {
        notices.push_back({.pid = process.pid, .what = Notice::What::ready});
        if (faults.has(Fault::echoes) && process.birth % 4 == 0) notices.push_back(notices.back());
    }
    if (client != nullptr) client->ready(process);
}

// What a process says of itself; of a reload it says in time that it is over.
void Machine::speak(Process& process, std::uint32_t times) {
    const auto say = [&](Notice::What what, Duration by = {}) {
        notices.push_back({.pid = process.pid, .what = what, .by = by});
    };
    switch (process.behaviour.word) {
        case Behaviour::Word::none: return;
        case Behaviour::Word::stops: return say(Notice::What::stops);
        case Behaviour::Word::extends: return say(Notice::What::extends, 3s);
        case Behaviour::Word::hands_over: return hand_over(process);
        case Behaviour::Word::reloads:
            say(times == 0 ? Notice::What::reloads : Notice::What::done);
            if (times != 0) return;
            kernel.agenda().add({.at = kernel.now() + reload_takes,
                                 .due = Due::word,
                                 .pid = process.pid,
                                 .number = process.birth,
                                 .detail = 1});
            return;
    }
}

// As gunicorn and nginx replace themselves: a child takes over, and the old one goes.
void Machine::hand_over(Process& process) {
    Behaviour next = process.behaviour;
    next.word = Behaviour::Word::none;
    next.child_count = 0;
    const Pid pid = kernel.fork(process.owner, process.run, process.pid, next);
    if (pid == 0) return;
    kernel.begin(pid);
    kernel.find(pid)->ready = process.ready;
    if (next.pings != Duration{}) {
        kernel.agenda().add({.at = kernel.now() + next.pings,
                             .due = Due::ping,
                             .pid = pid,
                             .number = kernel.find(pid)->birth});
    }
    notices.push_back({.pid = process.pid, .what = Notice::What::main, .other = pid});
    if (process.birth % 2 == 0) return kernel.die(process, {});
    process.behaviour.end = {};
    kernel.agenda().add({.at = kernel.now() + reload_takes,
                         .due = Due::end,
                         .pid = process.pid,
                         .number = process.birth});
}

void Machine::ended(const Process& process) {
    Life& truth = life(process.run);
    if (truth.pid == process.pid && truth.birth == process.birth) {
        truth.has_ended = true;
        truth.ended = kernel.now();
        truth.status = process.status;
    }
    if (process.parent == keeper_pid) keeper.ended(process.pid);
    if (client != nullptr) client->ended(process);
}

void Machine::supervisor_ended() {
    client = nullptr;
    keeper.supervisor_ended();
    for (const RunId run : std::exchange(unrecorded, {})) lives_[run].heard = false;
}

void Machine::superd_ended() {
    supervisor_ended();
    kernel.keeper_ended();
    keeper.begin_anew();
    notices.clear();
}

void Machine::heal() {
    faults = Faults{};
    forks_fail_until = {};
    kernel.heal();
}

}  // namespace superd::sim
