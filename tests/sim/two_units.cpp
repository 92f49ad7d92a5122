#include "tests/sim/two_units.hpp"

#include <csignal>
#include <utility>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

constexpr Pid pids = 128;
constexpr int acts_to_rest = 400;

core::UnitSpec unit(const char* name) {
    core::UnitSpec spec;
    spec.name = name;
    spec.awaits_ready = true;
    spec.ready_timeout = 5s;
    spec.restart.jitter = 0;
    spec.restart.limit = 2;
    spec.restart.window = 10s;
    spec.restart.on_limit = core::OnLimit::fail;
    spec.stop = {{SIGTERM, 2s}, {SIGKILL, 1s}};
    return spec;
}

}  // namespace

TwoUnits::TwoUnits(core::DependencyKind kind, core::When when)
    : machine_{pids, Instant{1000s}, Faults{}}, scene_{machine_, trace_} {
    machine_.by_hand = machine_.grouped = true;
    add_invariants(scene_);
    core::UnitSpec first = unit("u2"), second = unit("u4");
    if (when == core::When::completed) {
        first.type = core::UnitType::oneshot;
        first.awaits_ready = false;
    }
    second.dependencies = {{"u2", kind, when}};
    machine_.disk.accepted = {std::make_shared<core::UnitSpec>(std::move(first)),
                              std::make_shared<core::UnitSpec>(std::move(second))};
    begin();
}

const char* TwoUnits::name(Act act) {
    switch (act) {
        case Act::start_a: return "start a";
        case Act::stop_a: return "stop a";
        case Act::restart_a: return "restart a";
        case Act::start_b: return "start b";
        case Act::stop_b: return "stop b";
        case Act::restart_b: return "restart b";
        case Act::ready_a: return "a is ready";
        case Act::ready_b: return "b is ready";
        case Act::succeed_a: return "a ends with success";
        case Act::fail_a: return "a ends with failure";
        case Act::succeed_b: return "b ends with success";
        case Act::fail_b: return "b ends with failure";
        case Act::time_is_up: return "time is up";
        case Act::supervisor_dies: return "the supervisor dies";
    }
    return "";
}

void TwoUnits::begin() {
    supervisor_ = std::make_unique<Supervisor>(scene_, Rng{1});
    supervisor_->start();
    supervisor_->work();
}

void TwoUnits::ask(std::uint32_t number, Command::Kind kind) {
    const std::string name = "u" + std::to_string(number);
    const core::InstanceId target{supervisor_->system().find(name)->id, core::all_instances};
    const Command it{++last_command_, kind, target, name};
    if (kind == Command::Kind::start) {
        supervisor_->command(it, core::StartRequested{target, it.id});
    } else if (kind == Command::Kind::stop) {
        supervisor_->command(it, core::StopRequested{target, it.id});
    } else {
        supervisor_->command(it, core::RestartRequested{target, it.id});
    }
}

bool TwoUnits::become_ready(std::uint32_t number) {
    const Life* const life = machine_.find(machine_.latest({number, 0}));
    if (life == nullptr || life->has_ended || life->ready) return false;
    machine_.tell_ready(*machine_.kernel.find(life->pid));
    return true;
}

bool TwoUnits::end(std::uint32_t number, std::int32_t code) {
    const Life* const life = machine_.find(machine_.latest({number, 0}));
    if (life == nullptr || life->has_ended) return false;
    machine_.kernel.die(*machine_.kernel.find(life->pid), {.code = code});
    return true;
}

bool TwoUnits::pass() {
    const auto timer = supervisor_->next_timer();
    if (!timer) return false;
    machine_.pass(std::max(scene_.now(), *timer));
    return true;
}

bool TwoUnits::happen(Act act) {
    bool possible = true;
    switch (act) {
        case Act::start_a: ask(a, Command::Kind::start); break;
        case Act::stop_a: ask(a, Command::Kind::stop); break;
        case Act::restart_a: ask(a, Command::Kind::restart); break;
        case Act::start_b: ask(b, Command::Kind::start); break;
        case Act::stop_b: ask(b, Command::Kind::stop); break;
        case Act::restart_b: ask(b, Command::Kind::restart); break;
        case Act::ready_a: possible = become_ready(a); break;
        case Act::ready_b: possible = become_ready(b); break;
        case Act::succeed_a: possible = end(a, 0); break;
        case Act::fail_a: possible = end(a, 1); break;
        case Act::succeed_b: possible = end(b, 0); break;
        case Act::fail_b: possible = end(b, 1); break;
        case Act::time_is_up: possible = pass(); break;
        case Act::supervisor_dies:
            scene_.tell([](Invariant& each) { each.supervisor_ended(); });
            supervisor_.reset();
            machine_.supervisor_ended();
            begin();
            break;
    }
    if (possible) supervisor_->work();
    return possible;
}

void TwoUnits::come_to_rest() {
    for (int i = 0; i < acts_to_rest; ++i) {
        const bool completes = scene_.system->find("u2")->spec->type == core::UnitType::oneshot;
        const bool b_moved = happen(Act::ready_b);
        const bool a_moved = happen(completes ? Act::succeed_a : Act::ready_a);
        if (!happen(Act::time_is_up) && !a_moved && !b_moved) break;
    }
    scene_.tell([](Invariant& each) { each.at_rest(); });
}

std::string TwoUnits::situation() const {
    std::string text;
    const Instant now = scene_.now();
    const auto since = [&](Instant moment) {
        return moment == Instant{} ? std::string{"-"} : std::to_string((now - moment).count());
    };
    for (const core::Unit* const unit : supervisor_->system().units()) {
        const core::Instance& i = unit->instances.front();
        const Life* const life = scene_.life({unit->id, 0});
        for (const unsigned fact :
             {unsigned{std::to_underlying(i.goal)}, unsigned{std::to_underlying(i.state)},
              unsigned{std::to_underlying(i.reason)}, unsigned{i.leader_gone},
              unsigned{i.restart_requested}, unsigned{i.run_failed}, unsigned{i.limited},
              unsigned{i.stop_step}, unsigned{i.pid != 0}, i.attempt,
              unsigned{life != nullptr && life->ready}}) {
            text += std::to_string(fact) + " ";
        }
        for (const Instant moment : {i.due, i.started, i.ready_at}) text += since(moment) + " ";
        for (const Instant moment : i.restarts_at) text += since(moment) + " ";
        text += i.last_exit ? std::to_string(i.last_exit->status.code) : "-";
        text += " " + std::to_string(unit->pending.size()) + ";";
    }
    return text;
}

}  // namespace superd::sim
