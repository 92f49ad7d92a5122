// What the supervisor asks about process trees, and when it looks. As
// supervisor/trees.hpp has it, without the arithmetic of what a look costs.
#pragma once

#include "tests/sim/machine.hpp"

#include <map>
#include <vector>

namespace superd::sim {

// A run as it is when it is asked about.
struct Subject {
    core::InstanceId instance;
    RunId run = 0;
    Pid leader = 0;
    bool leader_lives = false;  // As the supervisor knows.
};

class Look {
public:
    Look(Machine& machine, std::uint64_t number) : machine_{machine}, number_{number} {}

    void sweep(const Subject& subject);
    void signal(const Subject& subject, int number);
    void forget(RunId run) { asked_.erase(run); }
    // Some process is gone.
    void orphan_ended();
    // Time has come for those that a signal has not reached yet.
    void due(const Item& item);
    bool has_work() const { return due_; }
    // TreeEmpty and TreeLeft, if somebody asked.
    std::vector<core::Event> work();

private:
    struct Asked {
        Subject subject;
        bool wants_answer = false, lingering = false;
        int signal = 0;  // To be sent to those that it has not reached.
    };
    bool others_live(const Subject& subject) const;
    void deliver(const Subject& subject, int number, bool to_group);

    Machine& machine_;
    std::uint64_t number_;  // Of the supervisor: what an earlier one planned is not ours.
    std::map<RunId, Asked> asked_;
    bool due_ = false, signals_due_ = false;
};

}  // namespace superd::sim
