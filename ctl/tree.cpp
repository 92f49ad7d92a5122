#include "ctl/tree.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace superctl {

namespace {

namespace wire = superd::wire;

// What stands below a unit, and how it got there: "needs, ready".
struct Branch {
    std::string unit;
    std::string label;
};

class Tree {
public:
    Tree(const wire::Graph& graph, TreeLook look, const Style& style) : look_{look}, style_{style} {
        for (const auto& unit : graph.units) units_.emplace(unit.name, &unit);
        for (const auto& unit : graph.units) connect(unit);
    }

    std::string render(std::vector<std::string> roots) {
        if (roots.empty()) roots = tops();
        for (const auto& root : roots) {
            line("", Branch{root, ""});
            unfolded_.insert(root);
            below(root, "");
        }
        return std::move(out_);
    }

private:
    void connect(const wire::GraphUnit& unit) {
        for (const auto& member : unit.members) add(unit.name, member, "member");
        for (const auto& edge : unit.edges) {
            // A group's own order, by which it starts its members.
            auto label = edge.kind;
            if (edge.kind != "wants" && edge.when != "ready") label += ", " + edge.when;
            add(unit.name, edge.unit, label);
        }
    }
    void add(const std::string& from, const std::string& to, const std::string& label) {
        const auto& [above, under] = look_.reverse ? std::pair{to, from} : std::pair{from, to};
        branches_[above].push_back({under, label});
        below_something_.insert(under);
    }

    // What is in no other's tree; should all be, all.
    std::vector<std::string> tops() const {
        std::vector<std::string> found;
        for (const auto& [name, unit] : units_) {
            if (!below_something_.contains(name)) found.push_back(name);
        }
        return found;
    }

    void below(const std::string& name, const std::string& indent) {
        const auto found = branches_.find(name);
        if (found == branches_.end()) return;
        for (std::size_t i = 0; i < found->second.size(); ++i) {
            const auto& branch = found->second[i];
            const bool last = i + 1 == found->second.size();
            const std::string_view fork =
                look_.ascii ? (last ? "`-- " : "|-- ") : (last ? "└── " : "├── ");
            const std::string_view side =
                look_.ascii ? (last ? "    " : "|   ") : (last ? "    " : "│   ");
            const bool again = !unfolded_.insert(branch.unit).second;
            line(indent + std::string{fork}, branch, again && branches_.contains(branch.unit));
            if (!again) below(branch.unit, indent + std::string{side});
        }
    }

    void line(const std::string& indent, const Branch& branch, bool folded = false) {
        out_ += indent + branch.unit;
        const auto found = units_.find(branch.unit);
        if (found != units_.end()) {
            const auto& unit = *found->second;
            auto state = unit.state;
            if (unit.instances > 1) {
                state += " " + std::to_string(unit.ready) + "/" + std::to_string(unit.instances);
            }
            out_ += "  " + style_.state(unit.state, state);
            if (unit.type == "group") out_ += "  group, " + unit.strategy;
            const bool well = unit.state == "ready" || unit.state == "completed";
            if (!well && !unit.reason.empty()) out_ += " (" + printable(unit.reason) + ")";
        }
        if (!branch.label.empty()) out_ += style_.faint("  [" + branch.label + "]");
        if (folded) out_ += style_.faint(look_.ascii ? "  ..." : "  …");
        out_ += '\n';
    }

    TreeLook look_;
    const Style& style_;
    std::map<std::string, const wire::GraphUnit*> units_;
    std::map<std::string, std::vector<Branch>> branches_;
    std::set<std::string> below_something_, unfolded_;
    std::string out_;
};

}  // namespace

std::string render_tree(const wire::Graph& graph, const std::vector<std::string>& roots,
                        TreeLook look, const Style& style) {
    return Tree{graph, look, style}.render(roots);
}

}  // namespace superctl
