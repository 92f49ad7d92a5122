// The order in which a supervisor does things: events before spawns, one spawn
// at a time, records before processes, the journal before the acknowledgement.
//
// Free of any operating system: the shell does what is to be done. So the very
// same order runs in the supervisor and under the simulated kernel, which kills
// it between any two calls of the shell and starts the next one from what the
// records hold by then.
#pragma once

#include "core/system.hpp"
#include "turn/shell.hpp"

#include <cstddef>
#include <deque>
#include <span>
#include <utility>
#include <vector>

namespace superd::turn {

class Turn {
public:
    // So long at most before clients and timers have their turn again.
    static constexpr std::chrono::milliseconds length{10};

    // Both outlive it. `system` may be assigned to until something has happened.
    Turn(core::System& system, Shell& shell) : system_{system}, shell_{shell} {}

    // What has happened: handled by the next settle() or run_events().
    void add(core::Event event) { events_.push_back(std::move(event)); }
    // What a configuration has led to.
    void perform(const core::Effects& effects);
    // The instance's record is out of date.
    void outdate(core::InstanceId id) { outdated_.push_back(id); }

    // Handles events and whatever follows from them, until there is nothing
    // more (false) or the time is up (true).
    bool settle();
    void run_events();
    // Handles events and writes down what comes of them: whoever has told of them may forget it.
    void commit();

    // Exits that were told together, in the order of their telling. Whoever
    // dies before the journal has them is told again; afterwards the next
    // supervisor knows by the journal what the records do not say yet. What
    // was heard before them is in the records by then.
    void take(std::span<const ToldExit> exits);
    // One that the journal knows, or that nobody waits to have acknowledged.
    void go_on(const core::Exited& exited);

    // In the middle of settle(), or of what `meanwhile` does.
    bool busy() const { return busy_; }
    template <class Work>
    void meanwhile(Work&& work) {
        const bool busy = std::exchange(busy_, true);
        work();
        busy_ = busy;
        run_events();
    }
    // The records lack something that the next settle() tries to write again.
    bool unwritten() const { return !outdated_.empty(); }
    // Some process is still to be started.
    bool spawning() const { return !spawns_.empty(); }

private:
    void spawn_next();
    void write_records();

    core::System& system_;
    Shell& shell_;
    std::deque<core::Event> events_;
    std::deque<core::Spawn> spawns_;
    std::vector<core::InstanceId> outdated_;  // Their slots are to be written; with repetitions.
    bool busy_ = false;
};

}  // namespace superd::turn
