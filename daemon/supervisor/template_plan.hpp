// What a template is made of, and what a worker that it forks has besides.
#pragma once

#include "config/unit.hpp"
#include "os/spawn.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace superd::supervisor {

// Whether one template can make all workers of the unit: `preload`, and nothing in the unit that
// a process has from its exec on, and that is another thing for each instance or run.
bool has_template(const config::Unit& unit);

// Tells templates of different code or settings apart: 16 digits. `settings` as the template is
// given them. The module's file counts too, as it is at this moment.
std::string template_mark(const config::Unit& unit, const os::SpawnPlan& plan,
                          std::string_view settings);

// What a worker's plan passes, by the names that a template knows them by, and superd's own
// descriptors.
struct Passed {
    std::string name;
    int fd = -1;
};
std::vector<Passed> passed_descriptors(const os::SpawnPlan& plan);

// Of a worker's variables those that the template's environment has otherwise, or not at all. First
// those by which superd knows whose a process is; none of those that pass descriptors.
std::vector<std::string> environment_difference(const std::vector<std::string>& worker,
                                                const std::vector<std::string>& of_template);

}  // namespace superd::supervisor
