#include "config/graph.hpp"

#include "base/nearest.hpp"

#include <algorithm>
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

class GraphCheck {
public:
    GraphCheck(const std::vector<Node>& nodes, Diagnostics& into) : nodes_{nodes}, into_{into} {
        for (const auto& node : nodes) names_.push_back(node.name);
    }

    void run() {
        for (const auto& node : nodes_) {
            for (std::size_t edge = 0; edge < edges_of(node).size(); ++edge) check_edge(node, edge);
        }
        colours_.assign(nodes_.size(), Colour::white);
        for (std::size_t i = 0; i < nodes_.size(); ++i) find_cycles(i);
    }

private:
    enum class Colour : char { white, grey, black };
    struct Step {
        std::size_t node, edge;
    };

    std::optional<std::size_t> index(std::string_view name) const {
        const auto found = std::ranges::lower_bound(names_, name);
        if (found == names_.end() || *found != name) return {};
        return static_cast<std::size_t>(found - names_.begin());
    }

    void refuse(const Node& node, std::size_t edge, std::string_view cause) {
        const auto& [at, path] = node.draft.written[edge];
        Report{node.files, into_}.add(at, fmt::format("cannot use {} = {}: {}", path,
                                                      quoted(edges_of(node)[edge].unit), cause));
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
        if (dependency.when == core::When::completed && unit &&
            unit->spec.type != core::UnitType::oneshot) {
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

    // Depth first without recursion: a chain may be as long as there are units.
    void find_cycles(std::size_t start) {
        if (colours_[start] != Colour::white) return;
        std::vector<Step> path{{start, 0}};
        colours_[start] = Colour::grey;
        while (!path.empty()) {
            auto& [node, edge] = path.back();
            const auto& edges = edges_of(nodes_[node]);
            if (edge == edges.size()) {
                colours_[node] = Colour::black;
                path.pop_back();
                continue;
            }
            const auto& dependency = edges[edge++];
            const auto other = index(dependency.unit);
            // Nobody waits for what it only wants.
            if (!other || *other == node || dependency.kind == DependencyKind::wants) continue;
            if (colours_[*other] == Colour::grey) {
                report_cycle(path, *other);
            } else if (colours_[*other] == Colour::white) {
                colours_[*other] = Colour::grey;
                path.push_back({*other, 0});
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
        refuse(nodes_[cycle.front().node], cycle.front().edge - 1,
               fmt::format("each would wait for the next for ever: {}", text));
    }

    const std::vector<Node>& nodes_;
    Diagnostics& into_;
    std::vector<std::string_view> names_;
    std::vector<Colour> colours_;
    std::set<std::string> told_;
};

}  // namespace

void check_graph(const std::vector<Node>& nodes, Diagnostics& diagnostics) {
    GraphCheck{nodes, diagnostics}.run();
}

}  // namespace superd::config
