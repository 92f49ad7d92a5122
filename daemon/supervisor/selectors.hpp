// From the names that users write to instances: "web", "web/0", "web*", "w*/1".
#pragma once

#include "core/system.hpp"
#include "supervisor/operations.hpp"

#include <string>
#include <vector>

namespace superd::supervisor {

// In order of name, each target once; a unit as a whole covers its instances.
Operations::Selected select_targets(const core::System& system,
                                    const std::vector<std::string>& selectors);

// The instances that a target names, those on their way out included.
std::vector<core::InstanceId> instances_of(const core::System& system, const Target& target);

}  // namespace superd::supervisor
