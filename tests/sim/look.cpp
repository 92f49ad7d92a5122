#include "tests/sim/look.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration signal_look_after = 5ms;

}  // namespace

void Look::sweep(const Subject& subject) {
    Asked& entry = asked_[subject.run];
    entry.subject = subject;
    entry.wants_answer = true;
    due_ = true;
}

void Look::signal(const Subject& subject, int number) {
    if (machine_.grouped) return deliver(subject, number, false);
    if (subject.leader_lives) deliver(subject, number, true);
    Asked& entry = asked_[subject.run];
    entry.subject = subject;
    entry.signal = number;
    if (!subject.leader_lives) {
        due_ = signals_due_ = true;
        return;
    }
    machine_.kernel.agenda().add(
        {.at = machine_.kernel.now() + signal_look_after, .due = Due::look, .number = number_});
}

// `to_group`: only whom the leader's process group has.
void Look::deliver(const Subject& subject, int number, bool to_group) {
    for (const Pid pid : std::vector{machine_.kernel.tree(subject.run)}) {
        const Process* const process = machine_.kernel.find(pid);
        if (process == nullptr || (to_group && process->own_session)) continue;
        machine_.kernel.signal(pid, number);
    }
}

void Look::orphan_ended() {
    due_ = due_ || std::ranges::any_of(asked_, [](const auto& e) { return e.second.lingering; });
}

void Look::due(const Item& item) {
    if (item.number != number_) return;
    due_ = signals_due_ = true;
}

bool Look::others_live(const Subject& subject) const {
    return std::ranges::any_of(machine_.kernel.tree(subject.run),
                               [&](Pid pid) { return !machine_.kernel.find(pid)->zombie; });
}

std::vector<core::Event> Look::work() {
    std::vector<core::Event> events;
    if (!due_) return events;
    due_ = false;
    const bool signals = std::exchange(signals_due_, false);
    for (auto next = asked_.begin(); next != asked_.end();) {
        const auto current = next++;
        Asked& entry = current->second;
        const Subject subject = entry.subject;
        if (signals && entry.signal != 0) {
            const int number = std::exchange(entry.signal, 0);
            for (const Pid pid : std::vector{machine_.kernel.tree(subject.run)}) {
                const Process* const process = machine_.kernel.find(pid);
                // Who was reached at once is not told twice, but for SIGKILL.
                if (process == nullptr) continue;
                const bool reached = subject.leader_lives && !process->own_session;
                if (!reached || number == SIGKILL) machine_.kernel.signal(pid, number);
            }
        }
        if ((entry.wants_answer || entry.lingering) && !subject.leader_lives) {
            if (!others_live(subject)) {
                events.emplace_back(core::TreeEmpty{subject.instance, subject.run});
                asked_.erase(current);
            } else {
                entry.lingering = true;
                if (std::exchange(entry.wants_answer, false)) {
                    events.emplace_back(core::TreeLeft{subject.instance, subject.run});
                }
            }
        } else if (entry.signal == 0 && !entry.lingering) {
            asked_.erase(current);
        }
    }
    return events;
}

}  // namespace superd::sim
