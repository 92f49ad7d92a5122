#include "config/graph.hpp"

#include "base/nearest.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace superd::config {

namespace {

using core::Dependency;
using core::DependencyKind;

const std::vector<Dependency>& edges_of(const Node& node) {
    static const std::vector<Dependency> none;
    return node.draft.unit ? node.draft.unit->spec.dependencies : none;
}

const core::GroupRule* rule_of(const Node& node) {
    return node.draft.unit ? node.draft.unit->spec.group.get() : nullptr;
}

bool completes(const core::UnitSpec& spec) {
    return spec.type == core::UnitType::oneshot || (spec.group && !spec.group->significant.empty());
}

class GraphCheck {
public:
    GraphCheck(const std::vector<Node>& nodes, Diagnostics& into) : nodes_{nodes}, into_{into} {
        for (const auto& node : nodes) names_.push_back(node.name);
    }

    void run() {
        for (const auto& node : nodes_) {
            for (std::size_t edge = 0; edge < edges_of(node).size(); ++edge) check_edge(node, edge);
            check_members(node);
        }
        find_arcs();
        colours_.assign(nodes_.size(), Colour::white);
        for (std::size_t i = 0; i < nodes_.size(); ++i) find_cycles(i);
    }

private:
    enum class Colour : char { white, grey, black };
    struct Step {
        std::size_t node, arc;
    };
    struct Arc {
        std::size_t to;
        const Node* owner;  // In whose file it was written.
        const Written* where;
        std::string_view name;  // What was written there.
    };

    std::optional<std::size_t> index(std::string_view name) const {
        const auto found = std::ranges::lower_bound(names_, name);
        if (found == names_.end() || *found != name) return {};
        return static_cast<std::size_t>(found - names_.begin());
    }

    void refuse(const Node& node, const Written& where, std::string_view name,
                std::string_view cause) {
        Report{node.files, into_}.add(
            where.at, fmt::format("cannot use {} = {}: {}", where.path, quoted(name), cause));
    }
    void refuse(const Node& node, std::size_t edge, std::string_view cause) {
        refuse(node, node.draft.written[edge], edges_of(node)[edge].unit, cause);
    }

    void check_edge(const Node& node, std::size_t edge) {
        const auto& dependency = edges_of(node)[edge];
        const auto other = index(dependency.unit);
        if (dependency.unit == node.name)
            return refuse(node, edge, "a unit cannot depend on itself");
        if (!other) return refuse(node, edge, missing(dependency.unit));
        if (const auto first = earlier(node, edge)) {
            return refuse(node, edge, fmt::format("it is in {} already", *first));
        }
        const auto& unit = nodes_[*other].draft.unit;
        if (dependency.when == core::When::completed && unit && !completes(unit->spec)) {
            refuse(node, edge, "only a oneshot completes; wait until it is ready instead");
        }
    }

    std::string missing(std::string_view name) const {
        if (const auto meant = nearest(name, names_)) {
            return fmt::format("there is no such unit; did you mean \"{}\"?", *meant);
        }
        return fmt::format("there is no such unit; units/{}.toml would be it", name);
    }

    // The list that names the same unit before, where both cannot be meant. To
    // need a unit and to say how far it must have come is no contradiction.
    static std::optional<std::string> earlier(const Node& node, std::size_t edge) {
        const auto& edges = edges_of(node);
        const bool order = edges[edge].kind == DependencyKind::after;
        for (std::size_t i = 0; i < edge; ++i) {
            if (edges[i].unit != edges[edge].unit) continue;
            if ((edges[i].kind == DependencyKind::after) != order) continue;
            const auto& path = node.draft.written[i].path;
            return path.substr(0, path.find('['));
        }
        return {};
    }

    void check_members(const Node& node) {
        const auto* rule = rule_of(node);
        if (rule == nullptr) return;
        for (std::size_t i = 0; i < rule->members.size(); ++i) {
            const auto& name = rule->members[i];
            const auto& where = node.draft.members[i];
            if (name == node.name) {
                refuse(node, where, name, "a group cannot be a member of itself");
            } else if (!index(name)) {
                refuse(node, where, name, missing(name));
            } else if (const auto [first, is_first] = groups_.emplace(name, &node); !is_first) {
                refuse(node, where, name,
                       first->second == &node
                           ? std::string{"it is in members already"}
                           : fmt::format("it is a member of {} already; a unit has one group",
                                         first->second->name));
            }
        }
    }

    // Who waits for whom: by dependencies, in the order of a group, a group for
    // its members, and these for what the group waits for. Each is told where
    // it was written.
    void find_arcs() {
        own_.resize(nodes_.size());
        for (std::size_t from = 0; from < nodes_.size(); ++from) {
            add_dependencies(from, nodes_[from]);
            if (const auto* rule = rule_of(nodes_[from])) add_order(nodes_[from], *rule);
        }
        arcs_ = own_;
        for (std::size_t from = 0; from < nodes_.size(); ++from) {
            if (const auto* rule = rule_of(nodes_[from])) add_members(from, *rule);
            inherit(from);
        }
    }

    void add_dependencies(std::size_t from, const Node& node) {
        const auto& edges = edges_of(node);
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const auto other = index(edges[i].unit);
            // Nobody waits for what it only wants; who depends on itself was told.
            if (!other || *other == from || edges[i].kind == DependencyKind::wants) continue;
            own_[from].push_back({*other, &node, &node.draft.written[i], edges[i].unit});
        }
    }

    void add_order(const Node& node, const core::GroupRule& rule) {
        if (rule.strategy != core::Strategy::rest_for_one) return;
        for (std::size_t i = 1; i < rule.members.size(); ++i) {
            const auto before = index(rule.members[i - 1]), member = index(rule.members[i]);
            if (!before || !member || *before == *member) continue;
            own_[*member].push_back({*before, &node, &node.draft.members[i], rule.members[i]});
        }
    }

    void add_members(std::size_t from, const core::GroupRule& rule) {
        const Node& node = nodes_[from];
        for (std::size_t i = 0; i < rule.members.size(); ++i) {
            const auto member = index(rule.members[i]);
            if (!member || *member == from) continue;
            arcs_[from].push_back({*member, &node, &node.draft.members[i], rule.members[i]});
        }
    }

    // Bounded, for groups may be members of each other: that is told as a cycle.
    void inherit(std::size_t from) {
        auto group = groups_.find(nodes_[from].name);
        for (std::size_t depth = 0; group != groups_.end() && depth < nodes_.size(); ++depth) {
            const auto above = index(group->second->name);
            if (!above || *above == from) return;
            arcs_[from].insert(arcs_[from].end(), own_[*above].begin(), own_[*above].end());
            group = groups_.find(nodes_[*above].name);
        }
    }

    // Depth first without recursion: a chain may be as long as there are units.
    void find_cycles(std::size_t start) {
        if (colours_[start] != Colour::white) return;
        std::vector<Step> path{{start, 0}};
        colours_[start] = Colour::grey;
        while (!path.empty()) {
            auto& [node, arc] = path.back();
            if (arc == arcs_[node].size()) {
                colours_[node] = Colour::black;
                path.pop_back();
                continue;
            }
            const auto other = arcs_[node][arc++].to;
            if (colours_[other] == Colour::grey) {
                report_cycle(path, other);
            } else if (colours_[other] == Colour::white) {
                colours_[other] = Colour::grey;
                path.push_back({other, 0});
            }
        }
    }

    // Told where the cycle's first unit, in order of name, names the next one.
    void report_cycle(const std::vector<Step>& path, std::size_t closing) {
        const auto begin = std::ranges::find(path, closing, &Step::node);
        std::vector<Step> cycle{begin, path.end()};
        std::ranges::rotate(cycle, std::ranges::min_element(cycle, {}, &Step::node));
        std::string text;
        for (const auto& step : cycle) text += nodes_[step.node].name + " → ";
        text += nodes_[cycle.front().node].name;
        if (!told_.insert(text).second) return;
        const auto& arc = arcs_[cycle.front().node][cycle.front().arc - 1];
        refuse(*arc.owner, *arc.where, arc.name,
               fmt::format("each would wait for the next for ever: {}", text));
    }

    const std::vector<Node>& nodes_;
    Diagnostics& into_;
    std::vector<std::string_view> names_;
    std::vector<std::vector<Arc>> own_;   // As they are written, at who was written about.
    std::vector<std::vector<Arc>> arcs_;  // With those of the groups it is in.
    std::map<std::string_view, const Node*> groups_;  // Of whom each is a member.
    std::vector<Colour> colours_;
    std::set<std::string> told_;
};

}  // namespace

void check_graph(const std::vector<Node>& nodes, Diagnostics& diagnostics) {
    GraphCheck{nodes, diagnostics}.run();
}

}  // namespace superd::config
