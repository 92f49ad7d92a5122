// Units and what they depend on: GET /v1/graph.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace superd::wire {

struct GraphEdge {
    std::string unit;  // On which it depends.
    std::string kind;  // "needs", "wants" or "after"
    std::string when;  // "started", "ready" or "completed"
};

struct GraphUnit {
    std::string name;
    std::string type;           // "service", "oneshot" or "group"
    std::string state, reason;  // Of the instance that is worst off.
    std::uint32_t ready = 0, instances = 0;
    std::vector<GraphEdge> edges;
    std::vector<std::string> members;  // Of a group, in order.
    std::string strategy;              // Of a group: "one-for-all"
};

// Units are in order of name.
struct Graph {
    std::vector<std::string> roots;  // Those that were asked about; empty: all.
    std::vector<GraphUnit> units;    // All.
};

std::string serialize(const Graph& graph);

// Throws boost::system::system_error on what is not of the shape.
Graph parse_graph(std::string_view text);

}  // namespace superd::wire
