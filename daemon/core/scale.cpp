// Another number of instances than the configuration says, as the operator
// wants it. The first instance's record remembers it.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

void Stepper::scale(const ScaleRequested& request) {
    const InstanceId target{request.unit, all_instances};
    Unit* const found = unit(request.unit);
    const bool possible = found != nullptr && !found->removed && !system_.shutting_down_ &&
                          found->spec->type != UnitType::group &&
                          request.count <= UnitSpec::instances_max;
    if (!possible) return answer(request.command, target, Outcome::failed);
    const std::uint32_t before = wanted_instances(*found);
    found->scaled = request.count == found->spec->instances ? 0 : request.count;
    const std::uint32_t after = wanted_instances(*found);
    resize(*found, false);
    changed(*found, found->instances.front());
    touch(*found);
    std::erase_if(found->pending, [&](const PendingCommand& earlier) {
        if (earlier.scales) answer(earlier.id, earlier.instance, Outcome::superseded);
        return earlier.scales;
    });
    if (request.command == 0) return;
    found->pending.push_back({request.command, target, Goal::up, std::min(before, after), true});
}

}  // namespace superd::core
