#include "tests/sim/process.hpp"

#include <csignal>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

core::ExitStatus some_end(Rng& random) {
    if (random.percent(60)) return {.code = static_cast<std::int32_t>(random.below(4))};
    return {.signal = random.percent(70) ? SIGSEGV : SIGHUP};
}

void add_children(Rng& random, Behaviour& it, Faults faults) {
    if (!faults.has(Fault::orphans) || !random.percent(12)) return;
    it.child_count = 1 + random.below(2);
    for (auto& child : it.children) {
        child.deaf = faults.has(Fault::deaf) && random.percent(40);
        child.own_session = random.percent(50);
        child.lives = random.percent(50) ? forever : random.within(20s);
    }
}

}  // namespace

Behaviour behave(Rng random, const core::UnitSpec& spec, Faults faults) {
    Behaviour it;
    const bool oneshot = spec.type == core::UnitType::oneshot;
    if (oneshot) it.lives = 1ms + random.within(2s);
    if (faults.has(Fault::crash) && random.percent(55)) {
        // Often at once, sometimes after it was stable.
        it.lives = random.percent(40) ? random.within(20ms) : random.within(15s);
        it.end = some_end(random);
    }
    if (faults.has(Fault::deaf)) it.deaf = random.percent(12);
    it.winds_down = random.percent(70) ? 0ms : random.within(2s);
    it.ready_after = random.within(300ms);
    if (spec.watchdog.every.count() > 0) it.pings = 1500ms;
    if (faults.has(Fault::unready) && random.percent(30)) {
        it.ready_after = random.percent(30) ? forever : random.within(8s);
        it.cannot_be_ready = random.percent(20);
    }
    if (faults.has(Fault::unwell)) {
        if (random.percent(15)) it.well_for = random.within(20s);
        if (random.percent(30)) it.flaps = random.below(70);
    }
    if (random.percent(10)) {
        it.word = static_cast<Behaviour::Word>(1 + random.below(4));
        it.word_after = random.within(6s);
        const bool hands_over = it.word == Behaviour::Word::hands_over;
        if (!faults.has(hands_over ? Fault::handover : Fault::words)) it.word = {};
    }
    add_children(random, it, faults);
    return it;
}

}  // namespace superd::sim
