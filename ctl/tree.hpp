// Dependencies and groups as a tree.
#pragma once

#include "ctl/output.hpp"
#include "wire/graph.hpp"

#include <string>
#include <vector>

namespace superctl {

struct TreeLook {
    bool reverse = false;  // Who depends on it, not on whom it depends.
    bool ascii = false;    // No box-drawing characters.
};

// A tree for each of `roots`; without any, for each unit that nothing else
// shown stands above. What stands in a tree already is named again, but not unfolded.
std::string render_tree(const superd::wire::Graph& graph, const std::vector<std::string>& roots,
                        TreeLook look, const Style& style);

}  // namespace superctl
