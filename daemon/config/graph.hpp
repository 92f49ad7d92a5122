// What can only be wrong between units: who needs, wants or comes after whom.
#pragma once

#include "config/load.hpp"
#include "config/read_unit.hpp"

#include <string>
#include <vector>

namespace superd::config {

struct Node {
    std::string name;
    std::vector<std::string> files;  // Its own, then its drop-ins.
    Draft draft;                     // Without a unit when its file could not be read.
};

// Reports units that are not there, edges to oneself, edges written twice,
// waits for what never completes, and cycles. `nodes` are in order of name.
void check_graph(const std::vector<Node>& nodes, Diagnostics& diagnostics);

}  // namespace superd::config
