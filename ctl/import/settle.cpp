// What is wrong only when all units of an import are seen.
#include "ctl/import/draft.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace superctl::importing {

namespace {

constexpr std::array<std::string_view, 3> edges{"depends.needs", "depends.wants", "depends.after"};

std::string plain(const std::string& toml) {
    return toml.size() < 2 ? toml : toml.substr(1, toml.size() - 2);
}

// The same name twice, from two files: the first keeps it.
void drop_doubles(Translation& all) {
    std::set<std::string, std::less<>> names;
    std::erase_if(all.units, [&](const Draft& unit) {
        if (names.insert(unit.name()).second) return false;
        all.note({unit.origin(), 0}, Weight::lost,
                 "the unit " + unit.name() + ": another one of that name comes before it");
        return true;
    });
}

void drop_edge(Draft& unit, std::string_view path, const std::string& to, const std::string& why) {
    unit.drop_item(path, to);
    unit.note({unit.origin(), 0}, Weight::lost, std::string{path} + " on " + plain(to) + ": " + why,
              "depends");
}

void drop_lost_edges(Translation& all) {
    for (Draft& unit : all.units) {
        for (const auto path : edges) {
            const auto* const found = unit.find(path);
            if (found == nullptr) continue;
            for (const auto& to : std::vector{found->items}) {
                if (plain(to) == unit.name()) {
                    drop_edge(unit, path, to, "a unit cannot depend on itself");
                } else if (all.find(plain(to)) == nullptr) {
                    drop_edge(unit, path, to, "there is no such unit in what was translated");
                }
            }
        }
        // Who needs a unit waits for it, and does not only want it.
        const auto* const needs = unit.find("depends.needs");
        if (needs == nullptr) continue;
        for (const auto& to : std::vector{needs->items}) {
            unit.drop_item("depends.wants", to);
            unit.drop_item("depends.after", to);
        }
    }
}

// Walks along whom a unit waits for, and takes out what leads back.
class Circles {
public:
    explicit Circles(Translation& all) : all_{all} {}

    void break_all() {
        for (Draft& unit : all_.units) visit(unit, 0);
    }

private:
    // Deeper than any chain of files somebody names; what is deeper is left to superd's own check.
    static constexpr int depth_max = 1000;

    void visit(Draft& unit, int depth) {
        if (done_.contains(unit.name()) || depth > depth_max) return;
        above_.insert(unit.name());
        for (const std::string_view path : {edges[0], edges[2]}) {
            const auto* const found = unit.find(path);
            if (found == nullptr) continue;
            for (const auto& to : std::vector{found->items}) {
                if (above_.contains(plain(to))) {
                    drop_edge(unit, path, to, "that one waits for this one");
                    continue;
                }
                if (Draft* const next = all_.find(plain(to))) visit(*next, depth + 1);
            }
        }
        above_.erase(unit.name());
        done_.insert(unit.name());
    }

    Translation& all_;
    std::set<std::string, std::less<>> above_, done_;
};

}  // namespace

void settle(Translation& translation) {
    drop_doubles(translation);
    drop_lost_edges(translation);
    Circles{translation}.break_all();
}

}  // namespace superctl::importing
