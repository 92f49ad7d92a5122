// `superd --check`: is the configuration on disk good?
#pragma once

#include <string>

namespace superd::supervisor {

// Prints every mistake to stderr (as JSON: to stdout), or one line that all is
// well. The process's exit code: 0, or EX_CONFIG.
int check_configuration(const std::string& directory, bool json);

}  // namespace superd::supervisor
