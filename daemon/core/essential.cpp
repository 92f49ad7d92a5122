// Units that superd does not live without, as the one service of a container.
#include "core/probe_answer.hpp"
#include "core/stepper.hpp"

namespace superd::core {

namespace {

constexpr std::int32_t signal_base = 128;  // As shells tell of a signal.

std::int32_t exit_code(const Instance& instance) {
    const Reason why = instance.reason;
    const bool ended = why == Reason::exited || why == Reason::no_restart || why == Reason::group;
    if (!ended || !instance.last_exit || instance.last_exit->status.unknown) return 1;
    const ExitStatus& status = instance.last_exit->status;
    return status.signal != 0 ? signal_base + status.signal : status.code;
}

}  // namespace

void Stepper::shut_down(std::int32_t exit_code) {
    if (!system_.shutting_down_) system_.exit_code_ = exit_code;
    system_.shutting_down_ = true;
    for (const auto& [id, each] : system_.by_id_) touch(*each);
}

void Stepper::check_essential(const Unit& unit, const Instance& instance) {
    if (!unit.spec->essential || system_.shutting_down_ || !lost_for_good(instance)) return;
    std::int32_t code = exit_code(instance);
    each_leaf(unit.id, [&](const Unit& member) {
        for (const Instance& i : member.instances) {
            const bool failed = unit.spec->type == UnitType::group && i.state == State::failed;
            if (failed && code == 1) code = exit_code(i);
        }
    });
    out_.emplace_back(ShuttingDown{id_of(unit, instance), code});
    shut_down(code);
}

}  // namespace superd::core
