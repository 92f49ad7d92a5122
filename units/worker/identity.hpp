// The variables that tell whose a process is, where the kernel shows them to everybody.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace superd::worker {

// Writes the new values of SUPERD_RUN and SUPERD_INSTANCE where their old ones are in `block`, the
// environment as the kernel has laid it out, which /proc/PID/environ shows for ever. Nothing else
// of it is touched: a module may have kept what getenv(3) gave it. superd gives a template longer
// ones than any worker has; a value that finds no room is shown as none.
void show_identity(std::span<char> block,
                   const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace superd::worker
