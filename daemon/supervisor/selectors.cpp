#include "supervisor/selectors.hpp"

#include "base/nearest.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace superd::supervisor {
namespace {

// By unit: the indices, or all_instances.
using Chosen = std::map<std::string, std::set<std::uint32_t>>;

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

std::optional<std::uint32_t> parse_index(std::string_view text) {
    std::uint32_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return index;
}

std::string unknown_unit(const core::System& system, const std::string& name) {
    std::vector<std::string_view> known;
    for (const core::Unit* unit : system.units()) known.push_back(unit->spec->name);
    std::string text = "no unit is called \"" + name + "\"";
    const auto near = nearest(name, known);
    if (near) text += "; did you mean \"" + std::string{*near} + "\"?";
    return text;
}

std::size_t present(const core::Unit& unit) {
    return static_cast<std::size_t>(
        std::ranges::count(unit.instances, false, &core::Instance::removed));
}

// "@shop": all that the group shop consists of.
std::string add_group(const core::System& system, const std::string& selector, Chosen& chosen) {
    const std::string name = selector.substr(1);
    const core::Unit* const group = system.find(name);
    if (group == nullptr) return unknown_unit(system, name);
    if (group->spec->type != core::UnitType::group) {
        return "cannot use \"" + selector + "\": " + name + " is no group; write \"" + name + "\"";
    }
    for (const core::UnitId leaf : system.leaves(group->id)) {
        if (const core::Unit* const unit = system.find(leaf)) {
            chosen[unit->spec->name].insert(core::all_instances);
        }
    }
    return {};
}

// Adds what `selector` names; an error sentence if it names nothing.
std::string add(const core::System& system, const std::string& selector, Chosen& chosen) {
    if (selector.starts_with('@')) return add_group(system, selector, chosen);
    const auto slash = selector.rfind('/');
    const std::string name = selector.substr(0, slash);
    std::uint32_t index = core::all_instances;
    if (slash != selector.npos) {
        const auto parsed = parse_index(std::string_view{selector}.substr(slash + 1));
        if (!parsed) {
            return "cannot use \"" + selector + "\": after the slash comes an instance's number";
        }
        index = *parsed;
    }
    bool matched = false;
    for (const core::Unit* unit : system.units()) {
        const bool hit = is_pattern(name)
                             ? ::fnmatch(name.c_str(), unit->spec->name.c_str(), 0) == 0
                             : unit->spec->name == name;
        if (!hit) continue;
        if (index != core::all_instances && index >= unit->instances.size()) {
            if (is_pattern(name)) continue;
            const auto count = present(*unit);
            return "no instance is called \"" + selector + "\": " + name + " has " +
                   (count == 1 ? "1 instance" : std::to_string(count) + " instances") +
                   ", numbered from 0";
        }
        chosen[unit->spec->name].insert(index);
        matched = true;
    }
    if (matched) return {};
    return is_pattern(name) ? "no unit matches \"" + selector + "\"" : unknown_unit(system, name);
}

}  // namespace

Operations::Selected select_targets(const core::System& system,
                                    const std::vector<std::string>& selectors) {
    Operations::Selected selected;
    Chosen chosen;
    if (selectors.empty()) {
        for (const core::Unit* unit : system.units()) {
            chosen[unit->spec->name].insert(core::all_instances);
        }
    }
    for (const std::string& selector : selectors) {
        selected.error = add(system, selector, chosen);
        if (!selected.error.empty()) return selected;
    }
    for (const auto& [unit, indices] : chosen) {
        if (indices.contains(core::all_instances)) {
            selected.targets.push_back({unit, core::all_instances});
            continue;
        }
        for (const auto index : indices) selected.targets.push_back({unit, index});
    }
    return selected;
}

std::vector<core::InstanceId> instances_of(const core::System& system, const Target& target) {
    std::vector<core::InstanceId> found;
    const core::Unit* const unit = system.find(target.unit);
    if (unit == nullptr) return found;
    for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
        const bool named = target.index == core::all_instances || target.index == index;
        if (named) found.push_back({unit->id, index});
    }
    return found;
}

}  // namespace superd::supervisor
