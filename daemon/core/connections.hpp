// To whom new connections go, where each instance of a unit has a socket of its own.
#pragma once

#include "core/system.hpp"

#include <vector>

namespace superd::core {

// For each instance whether it is to get some. To those that are ready, stay and have not stalled;
// while there is none of these, to all that are to be up: their connections wait.
std::vector<bool> takes_connections(const Unit& unit);

// Whether connections may come for it: its sockets are to be there, be it up at the moment or not.
bool is_reachable(const Instance& instance);

}  // namespace superd::core
