// Which superd is meant.
#pragma once

#include "ctl/command.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace superctl {

// What deciding depends on beside the command line.
struct Surroundings {
    unsigned uid = 0;
    std::function<std::string(const char* name)> variable;  // Of the environment; empty if not set.
    std::function<bool(const std::string& path)> exists;
};
Surroundings real_surroundings();

// --socket, else --runtime-dir, else SUPERD_RUNTIME_DIR, else the user's own
// superd if there is one, else the system's.
std::string socket_path(const Invocation& invocation, const Surroundings& surroundings);

// The address of the D-Bus that --bus means: the system's, with --user the session's. Empty
// without --bus.
std::string bus_address(const Invocation& invocation, const Surroundings& surroundings);

}  // namespace superctl
