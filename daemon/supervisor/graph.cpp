// The dependency graph, for those who want to see it.
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/words.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

std::string_view to_string(core::DependencyKind kind) {
    switch (kind) {
        case core::DependencyKind::needs: return "needs";
        case core::DependencyKind::wants: return "wants";
        case core::DependencyKind::after: return "after";
    }
    std::unreachable();
}

std::string_view to_string(core::Strategy strategy) {
    switch (strategy) {
        case core::Strategy::one_for_one: return "one-for-one";
        case core::Strategy::one_for_all: return "one-for-all";
        case core::Strategy::rest_for_one: return "rest-for-one";
    }
    std::unreachable();
}

}  // namespace

// The whole of it, with the names of `targets` as those that are asked about.
wire::Graph Supervisor::graph(const std::vector<Target>& targets) const {
    wire::Graph graph;
    if (targets.size() < system_.size()) {
        for (const Target& target : targets) graph.roots.push_back(target.unit);
    }
    std::vector<Target> all;
    for (const core::Unit* const unit : system_.units()) all.push_back({unit->spec->name});
    for (const wire::SummaryRow& row : view_.summary(all).rows) {
        const core::Unit& unit = *system_.find(row.name);
        auto& out = graph.units.emplace_back();
        out.name = row.name;
        out.type = to_string(unit.spec->type);
        out.state = row.state;
        out.reason = row.reason;
        out.ready = row.ready;
        out.instances = row.instances;
        for (const core::Edge& edge : unit.edges) {
            const core::Unit* const other = system_.find(edge.unit);
            if (other == nullptr) continue;
            out.edges.push_back({other->spec->name, std::string{to_string(edge.kind)},
                                 std::string{to_string(edge.when)}});
        }
        for (const core::UnitId member : unit.members) {
            if (const auto* const other = system_.find(member)) {
                out.members.push_back(other->spec->name);
            }
        }
        if (unit.spec->group) out.strategy = to_string(unit.spec->group->strategy);
    }
    return graph;
}

}  // namespace superd::supervisor
