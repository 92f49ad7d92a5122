#include "ctl/import/compose_node.hpp"

#include "ctl/import/text.hpp"

#include <set>

namespace superctl::importing {

namespace {

constexpr std::string_view merge_key = "<<";

YAML::Node own_member(const YAML::Node& map, const std::string& key) {
    if (map.IsDefined() && map.IsMap()) {
        const auto found = map[key];
        if (found.IsDefined()) return found;
    }
    return YAML::Node{YAML::NodeType::Undefined};
}

// The map itself, then what "<<" merges into it, which what comes before hides; and what is merged
// into that. A node of YAML can contain itself, and each of many can contain each: what is deeper,
// or more, than anybody writes is left alone.
constexpr int depth_max = 8;
constexpr std::size_t layers_max = 64;

void add_layers(const YAML::Node& map, int depth, std::vector<YAML::Node>& all) {
    if (depth > depth_max || all.size() >= layers_max) return;
    all.push_back(map);
    const auto merged = own_member(map, std::string{merge_key});
    if (merged.IsDefined() && merged.IsSequence()) {
        for (const auto& each : merged) add_layers(each, depth + 1, all);
    } else if (merged.IsDefined()) {
        add_layers(merged, depth + 1, all);
    }
}

std::vector<YAML::Node> layers(const YAML::Node& map) {
    std::vector<YAML::Node> all;
    add_layers(map, 0, all);
    return all;
}

}  // namespace

std::string scalar(const YAML::Node& node) {
    return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string{};
}

bool is_true(const YAML::Node& node) { return parse_truth(scalar(node)).value_or(false); }

YAML::Node member(const YAML::Node& map, std::string_view key) {
    const std::string name{key};
    for (const auto& each : layers(map)) {
        const auto found = own_member(each, name);
        if (found.IsDefined()) return found;
    }
    return YAML::Node{YAML::NodeType::Undefined};
}

std::vector<std::pair<YAML::Node, YAML::Node>> members(const YAML::Node& map) {
    std::vector<std::pair<YAML::Node, YAML::Node>> all;
    std::set<std::string> seen{std::string{merge_key}};
    for (const auto& layer : layers(map)) {
        if (!layer.IsDefined() || !layer.IsMap()) continue;
        for (const auto& each : layer) {
            // What is no name is for whoever asked to tell of.
            const bool name = each.first.IsScalar();
            if (name && !seen.insert(each.first.Scalar()).second) continue;
            all.emplace_back(each.first, each.second);
        }
    }
    return all;
}

Place place_of(const InputFile& file, const YAML::Mark& mark) {
    return {file.path, mark.is_null() ? 0 : static_cast<unsigned>(mark.line + 1)};
}

}  // namespace superctl::importing
