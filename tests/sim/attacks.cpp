// What the operator, other people and bad luck do to a superd.
#include "tests/sim/world.hpp"

#include <array>
#include <csignal>
#include <vector>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

struct Attack {
    Fault fault;
    std::uint32_t weight;
};

constexpr std::array attacks{
    Attack{Fault::start, 20},   Attack{Fault::stop, 16},   Attack{Fault::restart, 10},
    Attack{Fault::reset, 6},    Attack{Fault::scale, 6},   Attack{Fault::reload, 6},
    Attack{Fault::roll, 8},     Attack{Fault::kills, 20},  Attack{Fault::forks, 3},
    Attack{Fault::freeze, 4},   Attack{Fault::echoes, 12}, Attack{Fault::keeper, 1},
    Attack{Fault::shutdown, 1}, Attack{Fault::clock, 4},   Attack{Fault::demand, 8},
    Attack{Fault::hold, 8},
};

Fault choose(Rng& random) {
    std::uint32_t all = 0;
    for (const Attack& each : attacks) all += each.weight;
    std::uint32_t dice = random.below(all);
    for (const Attack& each : attacks) {
        if (dice < each.weight) return each.fault;
        dice -= each.weight;
    }
    return Fault::start;
}

}  // namespace

void World::attack(Rng& random) {
    const Fault fault = choose(random);
    if (!case_.faults.has(fault)) return pass_time();
    switch (fault) {
        case Fault::start: return command(random, Command::Kind::start);
        case Fault::stop: return command(random, Command::Kind::stop);
        case Fault::restart: return command(random, Command::Kind::restart);
        case Fault::reset: return command(random, Command::Kind::reset);
        case Fault::scale: return command(random, Command::Kind::scale);
        case Fault::roll:
            if (random.percent(40)) return recycle(random);
            return command(random, Command::Kind::roll);
        case Fault::reload: return reload(random);
        case Fault::kills: return kill_somebody(random);
        case Fault::forks:
            machine_.forks_fail_until = scene_.now() + random.within(3s);
            return scene_.say("fork fails for a while");
        case Fault::freeze: return freeze(random);
        case Fault::clock: return set_clock(random);
        case Fault::demand: return demand(random);
        case Fault::hold: return hold(random);
        case Fault::echoes: return repeat(random);
        case Fault::keeper: return kill_keeper();
        case Fault::shutdown:
            if (!supervisor_) return;
            scene_.say("superd is asked to stop");
            machine_.keeper.stop_asked = true;
            return supervise([this] { supervisor_->shut_down(); });
        case Fault::crash:
        case Fault::deaf:
        case Fault::orphans:
        case Fault::unready:
        case Fault::unwell:
        case Fault::hooks:
        case Fault::words:
        case Fault::handover:
        case Fault::programs:
        case Fault::supervisor: return pass_time();  // Of these others take care.
    }
}

void World::command(Rng& random, Command::Kind kind) {
    if (!supervisor_) return pass_time();
    const auto units = supervisor_->system().units();
    if (units.empty()) return;
    const core::Unit& unit = *units[random.below(units.size())];
    const std::uint32_t index = random.percent(70) ? core::all_instances : 0;
    const core::InstanceId target{unit.id, index};
    const Command it{++last_command_, kind, target, unit.spec->name};
    core::Event event;
    switch (kind) {
        case Command::Kind::start: event = core::StartRequested{target, it.id}; break;
        case Command::Kind::stop: event = core::StopRequested{target, it.id}; break;
        case Command::Kind::restart: event = core::RestartRequested{target, it.id}; break;
        case Command::Kind::reset: event = core::ResetRequested{target, it.id}; break;
        case Command::Kind::roll:
            event = core::RollRequested{target, it.id, random.below(3), random.percent(20)};
            break;
        case Command::Kind::scale:
            event = core::ScaleRequested{unit.id, random.below(5), it.id};
            break;
        case Command::Kind::freeze:
        case Command::Kind::thaw:
            event = core::FreezeRequested{target, it.id, kind == Command::Kind::freeze};
            break;
    }
    supervise([&] { supervisor_->command(it, event); });
}

// A service wants a new run, has stalled, or has grown.
void World::recycle(Rng& random) {
    if (!supervisor_) return pass_time();
    const auto units = supervisor_->system().units();
    if (units.empty()) return;
    const core::Unit& unit = *units[random.below(units.size())];
    const core::Instance& instance = unit.instances.front();
    const bool asks = random.percent(50);
    supervise([&] {
        if (asks && instance.run % 3 == 0) {
            const bool kill = instance.run % 2 == 0;
            supervisor_->happen(core::Stalled{{unit.id, 0}, instance.run, kill, "it computes"});
        } else if (asks) {
            supervisor_->happen(core::RecycleAsked{{unit.id, 0}, instance.run, "it leaks"});
        } else {
            supervisor_->happen(core::MemoryMeasured{{unit.id, 0}, instance.run, 1u << 20});
        }
    });
}

// By an hour at most, which is not far enough for runs to be repeated; or a unit's timer is
// suspended, or goes on.
void World::set_clock(Rng& random) {
    const bool timers = random.percent(40);
    if (!timers) {
        scene_.say("the wall clock is set");
        machine_.ahead += random.within(2h) - 1h;
    }
    if (!supervisor_) return pass_time();
    if (!timers) return supervise([this] { supervisor_->happen(scene_.clock()); });
    const auto units = supervisor_->system().units();
    if (units.empty()) return;
    const core::ScheduleRequested wish{units[random.below(units.size())]->id, random.percent(70)};
    supervise([&] { supervisor_->happen(wish); });
}

// Traffic comes, or does not.
void World::demand(Rng& random) {
    if (!supervisor_) return pass_time();
    std::vector<core::UnitId> some;
    for (const core::Unit* const unit : supervisor_->system().units()) {
        if (unit->spec->on_demand || unit->spec->scale) some.push_back(unit->id);
    }
    if (some.empty()) return pass_time();
    const core::UnitId id = some[random.below(some.size())];
    const std::array<core::Event, 4> events{
        core::Demanded{id}, core::FellIdle{id}, core::Autoscaled{id, 1 + random.below(4)},
        core::DemandFailed{{id, 0}, "u: cannot listen: address in use"}};
    const core::Event& event = events[random.below(events.size())];
    supervise([&] { supervisor_->happen(event); });
}

// One more wish of the operator's; now and then it is somebody else who writes to the group.
void World::hold(Rng& random) {
    if (!supervisor_) return pass_time();
    const auto units = supervisor_->system().units();
    if (units.empty()) return;
    const core::Unit& unit = *units[random.below(units.size())];
    const bool on = random.percent(60);
    const core::RunId run = unit.instances.front().run;
    if (machine_.grouped && random.percent(15) && unit.instances.front().pid != 0) {
        scene_.say(std::string{"somebody "} + (on ? "freezes" : "thaws") + " run " +
                   std::to_string(run));
        on ? machine_.kernel.freeze(run) : machine_.kernel.thaw(run);
        return supervise([&] { supervisor_->happen(core::FreezeTold{{unit.id, 0}, run, on, {}}); });
    }
    command(random, on ? Command::Kind::freeze : Command::Kind::thaw);
}

void World::reload(Rng& random) {
    if (!supervisor_) return pass_time();
    units_.change(random);
    const bool restarts = random.percent(30);
    scene_.say(restarts ? "another configuration is applied" : "the configuration is reloaded");
    supervise([&] { supervisor_->reload(units_.specs(), restarts); });
}

// The supervisor is stopped, or the whole machine sleeps: then nobody does anything.
void World::freeze(Rng& random) {
    if (!supervisor_) return pass_time();
    const Instant before = scene_.now();
    if (random.percent(30)) {
        scene_.say("the machine sleeps");
        machine_.kernel.advance(before + random.within(24h));
    } else {
        scene_.say("the supervisor is frozen");
        machine_.pass(before + random.within(profile_.units > 50 ? 3s : 20s));
    }
    scene_.away += scene_.now() - before;
    supervise([this] { supervisor_->work(); });
}

void World::kill_somebody(Rng& random) {
    const auto all = machine_.kernel.all();
    if (all.empty()) return;
    const Pid pid = all[random.below(all.size())];
    Process& victim = *machine_.kernel.find(pid);
    if (victim.zombie) return;
    scene_.say("somebody kills pid " + std::to_string(pid) + " of " + to_string(victim.owner));
    machine_.kernel.signal(pid, random.percent(50) ? SIGKILL : SIGTERM);
    // Often its supervisor does not get to hear of it at once.
    if (supervisor_ && random.percent(50)) supervise([this] { supervisor_->work(); });
}

void World::kill_keeper() {
    scene_.say("all of superd is killed");
    if (supervisor_) {
        scene_.tell([](Invariant& each) { each.supervisor_ended(); });
        supervisor_.reset();
        gone_since_ = scene_.now();
    }
    scene_.system = nullptr;
    scene_.stopping = false;
    machine_.superd_ended();
    machine_.kernel.agenda().add({.at = scene_.now() + 3s, .due = Due::supervisor});
}

void World::repeat(Rng& random) {
    if (!supervisor_) return pass_time();
    const std::string text = supervisor_->repeat(random);
    if (!text.empty()) throw Violation{"14 take-over is harmless", text};
}

}  // namespace superd::sim
