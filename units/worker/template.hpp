// A process that has loaded a module and forks workers when superd asks: units/protocol/README.md,
// "A template".
#pragma once

#include "worker/host.hpp"

#include <functional>

namespace superd::worker {

// Notes where the initial environment lies; before anything changes it.
void remember_environment();

// Serves the socket `fd` until superd closes it. In each worker that is forked, `serve` is called
// with what the worker is given besides its settings' text; its result is the worker's exit code.
// Returns the exit code of either.
int serve_template(int fd, const std::function<int(std::string settings, Inputs inputs)>& serve);

}  // namespace superd::worker
