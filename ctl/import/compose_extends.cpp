#include "ctl/import/compose_extends.hpp"

#include "ctl/import/compose_node.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

namespace superctl::importing {

namespace {

// One that extends one that extends one; more is a circle, which compose refuses.
constexpr int chain_max = 16;

YAML::Node nothing() { return YAML::Node{YAML::NodeType::Undefined}; }

// Of a list that is said again, what was said before goes, not before what is said now.
bool replaces(std::string_view key) {
    constexpr std::array<std::string_view, 3> keys{"command", "entrypoint", "test"};
    return std::ranges::find(keys, key) != keys.end();
}

// As a list, ["A=1", "B"], whichever of both ways it is written in.
YAML::Node as_list(const YAML::Node& variables) {
    if (!variables.IsMap()) return variables;
    YAML::Node list{YAML::NodeType::Sequence};
    for (const auto& [name, text] : members(variables)) {
        list.push_back(scalar(name) + (text.IsNull() ? "" : "=" + scalar(text)));
    }
    return list;
}

class Merger {
public:
    YAML::Node merge(std::string_view key, const YAML::Node& base, const YAML::Node& own,
                     int depth) {
        if (own.IsNull() || replaces(key)) return own;
        if (base.IsMap() && own.IsMap() && depth < depth_max) return merge_maps(base, own, depth);
        if (key == "environment") return joined(as_list(base), as_list(own));
        return base.IsSequence() && own.IsSequence() ? joined(base, own) : own;
    }

private:
    // deploy.resources.limits.memory. Nodes of YAML can contain themselves: no more than so many
    // are looked at.
    static constexpr int depth_max = 4;
    static constexpr int nodes_max = 100'000;

    YAML::Node merge_maps(const YAML::Node& base, const YAML::Node& own, int depth) {
        YAML::Node all{YAML::NodeType::Map};
        std::set<std::string> seen;
        for (const auto& [name, value] : members(own)) {
            if (++nodes_ > nodes_max) return own;
            const auto key = scalar(name);
            seen.insert(key);
            const auto before = member(base, key);
            all.force_insert(name,
                             before.IsDefined() ? merge(key, before, value, depth + 1) : value);
        }
        for (const auto& [name, value] : members(base)) {
            if (++nodes_ > nodes_max) return own;
            if (!seen.contains(scalar(name))) all.force_insert(name, value);
        }
        return all;
    }

    YAML::Node joined(const YAML::Node& base, const YAML::Node& own) {
        YAML::Node all{YAML::NodeType::Sequence};
        for (const auto& part : {base, own}) {
            if (!part.IsSequence()) continue;
            for (const auto& each : part) {
                if (++nodes_ > nodes_max) return own;
                all.push_back(each);
            }
        }
        return all;
    }

    int nodes_ = 0;
};

YAML::Node without(const YAML::Node& map, std::string_view key) {
    YAML::Node all{YAML::NodeType::Map};
    for (const auto& [name, value] : members(map)) {
        if (scalar(name) != key) all.force_insert(name, value);
    }
    return all;
}

// The service that this one extends, if this file has it.
YAML::Node extended_by(const YAML::Node& services, const YAML::Node& service) {
    const auto extends = member(service, "extends");
    if (!extends.IsDefined() || member(extends, "file").IsDefined()) return nothing();
    const auto name = extends.IsMap() ? scalar(member(extends, "service")) : scalar(extends);
    const auto base = member(services, name);
    return base.IsDefined() && base.IsMap() ? base : nothing();
}

YAML::Node resolved(const YAML::Node& services, const YAML::Node& service, int links,
                    Merger& merger) {
    const auto base = links < chain_max ? extended_by(services, service) : nothing();
    if (!base.IsDefined()) return service;
    return merger.merge("", resolved(services, base, links + 1, merger),
                        without(service, "extends"), 0);
}

}  // namespace

YAML::Node with_extended(const YAML::Node& services, const YAML::Node& service) {
    Merger merger;
    return resolved(services, service, 0, merger);
}

}  // namespace superctl::importing
