// One case at work: a machine, a supervisor on it that is killed and started
// again, an operator, and faults of all kinds, step by step.
#pragma once

#include "tests/sim/case.hpp"
#include "tests/sim/supervisor.hpp"
#include "tests/sim/units.hpp"

#include <functional>
#include <memory>

namespace superd::sim {

class World {
public:
    // `step` is kept up to date from outside the run, too: should the core's
    // assertions end it.
    World(Case its_case, bool traced, std::uint32_t* step = nullptr);

    Outcome run();

private:
    // world.cpp
    void begin();
    void step(std::uint32_t number);
    void pass_time();
    void pass(Duration most);
    void supervise(const std::function<void()>& work);
    void bury();
    void superd_ended();
    void live_without_essential();
    void start_supervisor();
    void come_to_rest();
    void suspend_timers();
    void thaw_all();
    void stop_superd();
    bool at_rest() const;

    // attacks.cpp
    void attack(Rng& random);
    void command(Rng& random, Command::Kind kind);
    void reload(Rng& random);
    void recycle(Rng& random);
    void set_clock(Rng& random);
    void demand(Rng& random);
    void freeze(Rng& random);
    void hold(Rng& random);
    void kill_somebody(Rng& random);
    void kill_keeper();
    void repeat(Rng& random);

    Case case_;
    Profile profile_;
    Units units_;
    Trace trace_;
    Machine machine_;
    Scene scene_;
    std::unique_ptr<Supervisor> supervisor_;
    std::uint32_t supervisors_ = 0;
    std::uint32_t ends_ = 0;  // Of superd, since faults are over.
    core::CommandId last_command_ = 0;
    Instant gone_since_{};
    std::uint32_t own_step_ = 0;
    std::uint32_t* step_;
};

}  // namespace superd::sim
