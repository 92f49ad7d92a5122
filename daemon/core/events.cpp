// The entrance of every event: finds whom it is about, drops what is stale.
#include "base/overloaded.hpp"
#include "core/stepper.hpp"

namespace superd::core {

void Stepper::handle(const Event& event) {
    const auto visitor = Overloaded{
        [&](const StartRequested& e) { start(e); },
        [&](const StopRequested& e) { stop(e); },
        [&](const RestartRequested& e) { restart(e); },
        [&](const ResetRequested& e) { reset(e); },
        [&](const ScaleRequested& e) { scale(e); },
        [&](const RollRequested& e) { roll(e); },
        [&](const Spawned& e) {
            if (auto* const i = instance(e.instance, e.run))
                spawned(*unit(e.instance.unit), *i, e.pid);
        },
        [&](const SpawnFailed& e) {
            if (auto* const i = instance(e.instance, e.run))
                spawn_failed(*unit(e.instance.unit), *i, e);
        },
        [&](const BecameReady& e) {
            auto* const i = instance(e.instance, e.run);
            if (i == nullptr || i->reason != Reason::awaiting_ready) return;
            Unit& owner = *unit(e.instance.unit);
            // It had said so before it was frozen; what comes next waits until it goes on.
            if (held(*i)) return enter(owner, *i, State::starting, Reason::reported_ready);
            came_up(owner, *i, Reason::reported_ready);
        },
        [&](const ReadyFailed& e) {
            auto* const i = instance(e.instance, e.run);
            if (i == nullptr || i->reason != Reason::awaiting_ready || held(*i)) return;
            i->run_failed = true;
            begin_stop(*unit(e.instance.unit), *i, Reason::ready_failed);
        },
        [&](const Drained& e) {
            if (auto* const i = instance(e.instance, e.run)) drained(*unit(e.instance.unit), *i);
        },
        [&](const Exited& e) {
            if (auto* const i = instance(e.instance, e.run))
                exited(*unit(e.instance.unit), *i, e.status);
        },
        [&](const TreeEmpty& e) {
            auto* const i = instance(e.instance, e.run);
            if (i == nullptr || i->state != State::stopping || !i->leader_gone) return;
            if (i->hook != Hook::none) return;  // Told twice.
            tree_gone(*unit(e.instance.unit), *i);
        },
        [&](const TreeLeft& e) {
            auto* const i = instance(e.instance, e.run);
            if (i == nullptr || i->state != State::stopping || !i->leader_gone) return;
            // Without a deadline nothing has been sent yet: the leader died by itself.
            if (i->due == Instant{}) send_stop_signal(*unit(e.instance.unit), *i);
        },
        [&](const TimerFired& e) {
            Unit* const owner = unit(e.instance.unit);
            if (owner != nullptr && e.instance.index == unit_timer &&
                e.timer == owner->recycle_timer) {
                owner->recycle_due = Instant{};
                return queue(owner->id);
            }
            Instance* const i = place(e.instance);
            if (i != nullptr && i->timer == e.timer && i->due != Instant{}) timer_fired(*owner, *i);
        },
        [&](const ShutdownRequested& e) { shut_down(e.exit_code); },
        [&](const auto& e) { heed(e); },
    };
    std::visit(visitor, event);
}

}  // namespace superd::core
