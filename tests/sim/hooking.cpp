// Hooks of the simulated supervisor: programs of its own, that end with it.
#include "tests/sim/supervisor.hpp"

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

}  // namespace

void Supervisor::run_hook(const Running& running) {
    Rng chance{mix(scene_.chance, running.run, static_cast<std::uint64_t>(running.hook) + 20)};
    const bool bad = machine_.faults.has(Fault::hooks) && chance.percent(30);
    const std::uint64_t number = next_hook_++;
    Running& kept = hooks_[number] = running;
    kept.ok = !bad || chance.percent(50);
    if (bad && kept.ok) return;  // It hangs.
    machine_.kernel.agenda().add(
        {.at = now() + chance.within(500ms), .due = Due::hook, .number = number});
}

void Supervisor::cancel_hook(RunId run, core::Hook hook) {
    std::erase_if(hooks_, [&](const auto& each) {
        return each.second.run == run && each.second.hook == hook;
    });
}

void Supervisor::hook_ended(const Item& item) {
    const auto found = hooks_.find(item.number);
    if (found == hooks_.end()) return;
    const auto [id, run, hook, ok] = found->second;
    hooks_.erase(found);
    if (hook == core::Hook::none && run == 0) {
        mail_.emplace_back(core::Demanded{id.unit});
    } else if (hook == core::Hook::none) {
        mail_.emplace_back(core::Drained{id, run});
    } else {
        mail_.emplace_back(core::HookEnded{id, run, hook, ok, "ended with exit 1"});
    }
}

}  // namespace superd::sim
