// Processes by the mark of their run (SUPERD_RUN), when nothing else tells whose they are.
#pragma once

#include "core/instance.hpp"

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace superd::supervisor {

struct Marked {
    pid_t pid = 0, parent = 0;
    core::RunId run = 0;
    bool leads = false;  // Its own session, as a run's main process does.
    bool hook = false;   // Of a hook of the run.
};

// All in /proc that live and carry a mark of this superd, but for those that are known.
std::vector<Marked> marked_processes(const std::string& scope,
                                     const std::function<bool(pid_t)>& known);

}  // namespace superd::supervisor
