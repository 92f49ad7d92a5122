// The name by which the keeper holds the pidfd of a run's main process: of those that are not its
// children, and, where a service manager keeps what it holds, of all.
#pragma once

#include "core/instance.hpp"

#include <string>

namespace superd::supervisor {

inline std::string pidfd_name(core::RunId run) { return "pidfd." + std::to_string(run); }

}  // namespace superd::supervisor
