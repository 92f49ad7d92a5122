// What becomes of a run that does nothing any more, though it lives.
#include "core/stepper.hpp"

#include <memory>

namespace superd::core {

void Stepper::heed(const Stalled& event) {
    Instance* const i = instance(event.instance, event.run);
    if (i == nullptr || i->pid == 0 || i->state != State::ready) return;
    if (i->announced == Announced::stopping || held(*i)) return;
    Unit& owner = *unit(event.instance.unit);
    if (must_end(owner, *i)) return;
    if (event.kill) {
        if (!i->health) i->health = std::make_unique<Health>();
        return end_unhealthy(owner, *i, Reason::stalled, event.why);
    }
    // After a replacement that failed it is told again: not before anything else is retried.
    if (i->renewal || now_ < owner.recycle_pause) return;
    recycle(owner, *i, RenewalKind::stalled, event.why);
}

}  // namespace superd::core
