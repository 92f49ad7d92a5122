// The simulated kernel: processes, their numbers, parents and ends; a clock that
// the simulation moves. It knows nothing of superd but which pid is its keeper's.
#pragma once

#include "tests/sim/agenda.hpp"
#include "tests/sim/process.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace superd::sim {

inline constexpr Pid init_pid = 1, keeper_pid = 2, first_pid = 10;

class Kernel {
public:
    // Hears of every end, before the process's number may be used again.
    class Listener {
    public:
        virtual void ended(const Process& process) = 0;

    protected:
        ~Listener() = default;
    };

    // Few pids make them come round soon.
    Kernel(Pid pid_max, Instant begin, Listener& listener);

    Instant now() const { return now_; }
    void advance(Instant to) { now_ = to; }
    std::size_t pid_max() const { return table_.size(); }
    Agenda& agenda() { return agenda_; }
    const Agenda& agenda() const { return agenda_; }

    // 0: there is no number left.
    Pid fork(Key owner, RunId run, Pid parent, const Behaviour& behaviour);
    // Its children and all that it will do; apart from fork, for a program that cannot be started.
    void begin(Pid pid);
    // Living or zombie; null: no such process.
    Process* find(Pid pid);
    const Process* find(Pid pid) const { return const_cast<Kernel*>(this)->find(pid); }
    // One of that birth, if it lives.
    Process* find(Pid pid, std::uint64_t birth);
    void signal(Pid pid, int number);
    // All of the run's control group stand still: nothing that they were about to do happens, and
    // of signals only SIGKILL, until they go on.
    void freeze(RunId run);
    void thaw(RunId run);
    bool frozen(RunId run) const { return frozen_.contains(run); }
    // True: it was not the time for it, and it is put off.
    bool put_off(const Process& process, const Item& item);
    void die(Process& process, core::ExitStatus status);
    void reap(Pid pid);
    // Its children are init's now, and init reaps at once.
    void keeper_ended();
    // Whoever lives is obedient and healthy from now on, and is left by children.
    void heal();

    // All that were started for a run or by one of its own, dead ones too.
    const std::vector<Pid>& tree(RunId run) const;
    std::uint32_t living(RunId run) const;
    std::uint32_t living() const { return living_; }
    // In order of pid.
    std::vector<Pid> all() const;

private:
    Pid free_pid();
    void release(Process& process);

    std::vector<Process> table_;
    struct Frozen {
        std::vector<Item> items;
        std::vector<std::pair<Pid, int>> signals;
    };

    std::unordered_map<RunId, std::vector<Pid>> trees_;
    std::map<RunId, Frozen> frozen_;
    Instant now_;
    Agenda agenda_;
    Listener& listener_;
    Pid next_pid_ = first_pid;
    std::uint64_t births_ = 0;
    std::uint32_t living_ = 0;
};

}  // namespace superd::sim
