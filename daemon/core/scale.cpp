// Another number of instances than the configuration says, as the operator
// wants it. The first instance's record remembers it.
#include "core/stepper.hpp"

#include <algorithm>

namespace superd::core {

std::uint32_t within(const UnitSpec& spec, std::uint32_t count) {
    if (!spec.scale || count == 0) return 0;
    return std::clamp(count, std::max(spec.scale->min, 1u), spec.scale->max);
}

void Stepper::scale(const ScaleRequested& request) {
    const InstanceId target{request.unit, all_instances};
    Unit* const found = unit(request.unit);
    const bool possible = found != nullptr && !found->removed && !system_.shutting_down_ &&
                          found->spec->type != UnitType::group &&
                          request.count <= UnitSpec::instances_max;
    if (!possible) return answer(request.command, target, Outcome::failed);
    const std::uint32_t before = wanted_instances(*found);
    // Where superd chooses the number, the file's is one wish among others.
    const bool as_the_file = !found->spec->scale && request.count == found->spec->instances;
    found->scaled = as_the_file ? 0 : request.count;
    // From there superd goes on, not from what it chose before the operator did.
    if (request.count == 0) found->autoscaled = within(*found->spec, before);
    const std::uint32_t after = wanted_instances(*found);
    resize(*found, false);
    changed(*found, found->instances.front());
    touch(*found);
    std::erase_if(found->pending, [&](const PendingCommand& earlier) {
        const bool scales = earlier.wish == Wish::scale;
        if (scales) answer(earlier.id, earlier.instance, Outcome::superseded);
        return scales;
    });
    if (request.command == 0) return;
    found->pending.push_back(
        {request.command, target, Goal::up, std::min(before, after), Wish::scale});
}

}  // namespace superd::core
