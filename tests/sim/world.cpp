#include "tests/sim/world.hpp"

#include "tests/sim/invariants/all.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration restart_takes = 20ms;
constexpr Duration at_most = 2s;        // That a step lets pass.
constexpr Duration rest_within = 900s;  // Back-offs, windows and long chains included.
constexpr Duration stop_within = 600s;
constexpr Instant usual_begin{1000s}, other_begin{3'000'000s};

}  // namespace

World::World(Case its_case, bool traced, std::uint32_t* step)
    : case_{std::move(its_case)},
      profile_{profile_of(case_)},
      units_{case_, profile_},
      machine_{profile_.pids, case_.shifted ? other_begin : usual_begin, case_.faults},
      scene_{machine_, trace_},
      step_{step != nullptr ? step : &own_step_} {
    if (traced) trace_.begin(machine_.kernel.now());
    machine_.grouped = profile_.grouped;
    add_invariants(scene_);
}

Outcome World::run() {
    Outcome outcome;
    try {
        begin();
        for (std::uint32_t number = 0; number < profile_.steps; ++number) {
            *step_ = number;
            if (!case_.skipped.contains(number)) step(number);
        }
        *step_ = profile_.steps;
        if (case_.ends_well) {
            come_to_rest();
            stop_superd();
        }
    } catch (const Violation& violation) {
        if (scene_.system != nullptr) scene_.show_units();
        outcome.broken = violation.invariant;
        outcome.text = violation.what();
    }
    outcome.step = *step_;
    outcome.events = scene_.events;
    outcome.digest = scene_.digest;
    return outcome;
}

void World::begin() {
    machine_.disk.accepted = units_.specs();
    start_supervisor();
}

void World::step(std::uint32_t number) {
    Rng random{mix(case_.seed, 2, number)};
    scene_.chance = random();
    trace_.step(number);
    const std::uint32_t dice = random.below(100);
    if (dice < profile_.attacks) {
        attack(random);
    } else if (dice < profile_.attacks + profile_.crashes) {
        if (!supervisor_ || !case_.faults.has(Fault::supervisor)) return pass_time();
        if (random.percent(20)) {
            bury();
        } else {
            supervisor_->kill_after(1 + random.below(60));
        }
    } else {
        pass_time();
    }
}

// To the next thing that happens by itself, and lets the supervisor see to it.
void World::pass_time() { pass(at_most); }

void World::pass(Duration most) {
    Instant to = scene_.now() + most;
    if (const auto next = machine_.kernel.agenda().next()) to = std::min(to, *next);
    if (supervisor_) {
        if (const auto timer = supervisor_->next_timer()) to = std::min(to, *timer);
    }
    machine_.pass(std::max(to, scene_.now()));
    if (machine_.supervisor_due) start_supervisor();
    if (supervisor_) supervise([this] { supervisor_->work(); });
}

// Whatever the supervisor does it may not come to the end of.
void World::supervise(const std::function<void()>& work) {
    try {
        work();
    } catch (const Killed&) {
        if (!supervisor_->concluded()) return bury();
    }
    if (supervisor_ && supervisor_->concluded()) superd_ended();
}

void World::bury() {
    scene_.say("the supervisor is killed");
    scene_.tell([](Invariant& each) { each.supervisor_ended(); });
    supervisor_.reset();
    scene_.system = nullptr;
    gone_since_ = scene_.now();
    machine_.supervisor_ended();
    machine_.kernel.agenda().add({.at = scene_.now() + restart_takes, .due = Due::supervisor});
}

// All is down, and superd has gone; after a while somebody starts it again.
void World::superd_ended() {
    scene_.say("superd has stopped");
    scene_.tell([](Invariant& each) { each.superd_ended(); });
    supervisor_.reset();
    scene_.system = nullptr;
    scene_.stopping = false;
    gone_since_ = scene_.now();
    machine_.superd_ended();
    if (scene_.healed && ++ends_ > 1) live_without_essential();
    machine_.kernel.agenda().add({.at = scene_.now() + at_most, .due = Due::supervisor});
}

// An essential unit in a group that ends with another member, well and soon, ends superd each
// time: that never rests either.
void World::live_without_essential() {
    units_.none_is_essential();
    machine_.disk.accepted = units_.specs();
}

void World::start_supervisor() {
    machine_.supervisor_due = false;
    if (supervisor_) return;
    if (gone_since_ != Instant{}) scene_.away += scene_.now() - gone_since_;
    gone_since_ = {};
    supervisor_ = std::make_unique<Supervisor>(scene_, Rng{mix(scene_.chance, 3)});
    ++supervisors_;
    Rng chance{mix(scene_.chance, 4)};
    const bool dies_early =
        case_.faults.has(Fault::supervisor) && !scene_.healed && chance.percent(profile_.crashes);
    if (dies_early) supervisor_->kill_after(1 + chance.below(60));
    supervise([this] { supervisor_->start(); });
}

bool World::at_rest() const {
    if (!supervisor_ || supervisor_->has_work() || !supervisor_->commands().empty()) return false;
    for (const core::Unit* const unit : supervisor_->system().units()) {
        if (unit->removed || unit->rolling || !unit->beside.empty()) return false;
        for (const core::Instance& i : unit->instances) {
            const bool group = unit->spec->type == core::UnitType::group;
            const bool on_its_way = i.state == core::State::stopping ||
                                    i.state == core::State::backoff ||
                                    (i.state == core::State::starting && !group);
            if (on_its_way || (i.goal == core::Goal::down && core::alive(i))) return false;
            const bool sleeps = i.reason == core::Reason::demand;
            if (i.state == core::State::waiting && !sleeps && !supervisor_->system().blocker(*unit))
                return false;
        }
    }
    return true;
}

// What runs again and again never rests.
void World::suspend_timers() {
    for (const core::Unit* const unit : supervisor_->system().units()) {
        if (unit->spec->timer == nullptr) continue;
        supervise([&] { supervisor_->happen(core::ScheduleRequested{unit->id, false}); });
        if (!supervisor_) return;
    }
}

void World::thaw_all() {
    for (const core::Unit* const unit : supervisor_->system().units()) {
        const core::FreezeRequested wish{{unit->id, core::all_instances}, 0, false};
        supervise([&] { supervisor_->happen(wish); });
        if (!supervisor_) return;
    }
}

// No more faults: whatever is wanted and can run must come to run.
void World::come_to_rest() {
    scene_.say("faults are over");
    case_.faults = Faults{};
    scene_.healed = true;
    machine_.heal();
    if (supervisor_) supervisor_->kill_after(0);
    const Instant until = scene_.now() + rest_within;
    // Each superd that begins anew starts its timers.
    std::uint32_t suspended_by = 0;
    for (std::uint32_t i = 0; scene_.now() < until; ++i) {
        const bool there = supervisor_ && !scene_.stopping;
        if (there && std::exchange(suspended_by, supervisors_) != supervisors_) {
            suspend_timers();
            if (supervisor_) thaw_all();
        }
        pass(at_most);
        // A superd that has just begun has not been told yet.
        const bool told = suspended_by == supervisors_ || scene_.stopping;
        if (i % 16 == 0 && told && at_rest()) break;
    }
    if (!supervisor_ || scene_.stopping) return;  // superd was asked to stop meanwhile.
    scene_.tell([](Invariant& each) { each.at_rest(); });
}

void World::stop_superd() {
    scene_.say("superd is asked to stop");
    if (!supervisor_) return;
    machine_.keeper.stop_asked = true;
    const std::uint32_t before = supervisors_;
    supervise([this] { supervisor_->shut_down(); });
    const Instant until = scene_.now() + stop_within;
    while (supervisor_ && scene_.now() < until) pass(at_most);
    if (supervisor_ || supervisors_ != before) {
        throw Violation{"7 reverse stops", "superd was asked to stop, and does not"};
    }
}

}  // namespace superd::sim
