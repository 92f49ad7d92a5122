// What only a group has, and what no group has.
#include "base/nearest.hpp"
#include "config/read_unit.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace superd::config {

namespace {

constexpr std::array<std::string_view, 4> own{"members", "strategy", "intensity", "significant"};
constexpr std::array<std::string_view, 4> shared{"description", "type", "autostart", "essential"};

bool is_own(std::string_view path) { return std::ranges::find(own, path) != own.end(); }

bool is_shared(const Key& key) {
    return key.section() == "depends" || std::ranges::find(shared, key.path) != shared.end();
}

// Refuses the keys that mean nothing for a unit of this type.
void check_keys(const Fields& fields, bool group) {
    for (const auto& key : unit_schema().keys) {
        const auto* value = fields.value(key.path);
        if (value == nullptr || (!group && !is_own(key.path))) continue;
        if (group && (is_own(key.path) || is_shared(key))) continue;
        fields.refuse(key.path, *value,
                      group ? "a group runs nothing itself; write it into the members' files"
                            : "only a group has it; write type = \"group\" too");
    }
}

void read_members(const Fields& fields, Draft& draft, core::GroupRule& rule) {
    const auto* value = fields.value("members");
    if (!fields.given("members")) {
        fields.report().add({},
                            "cannot use this group: members is missing; "
                            "write members = [\"one\", \"another\"]");
    }
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    if (array.empty()) fields.refuse("members", *value, "a group has at least one member");
    for (std::size_t i = 0; i < array.size(); ++i) {
        rule.members.push_back(*array[i].as<std::string>());
        draft.members.push_back({array[i].at, element("members", i)});
    }
}

void read_significant(const Fields& fields, core::GroupRule& rule) {
    const auto* value = fields.value("significant");
    if (value == nullptr) return;
    const auto& array = *value->as<Array>();
    const std::vector<std::string_view> known{rule.members.begin(), rule.members.end()};
    for (std::size_t i = 0; i < array.size(); ++i) {
        const auto& name = *array[i].as<std::string>();
        rule.significant.push_back(name);
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto meant = nearest(name, known);
        fields.refuse(element("significant", i), array[i],
                      meant ? fmt::format("it is not one of members; did you mean \"{}\"?", *meant)
                            : std::string{"it is not one of members"});
    }
}

}  // namespace

void read_group(const Fields& fields, Draft& draft) {
    core::UnitSpec& spec = draft.unit->spec;
    const bool group = spec.type == core::UnitType::group;
    check_keys(fields, group);
    if (!group) return;
    auto rule = std::make_shared<core::GroupRule>();
    read_members(fields, draft, *rule);
    fields.read("strategy", rule->strategy);
    if (const auto* value = fields.value("intensity")) {
        const auto rate = *parse_rate(*value->as<std::string>());
        rule->limit = rate.count;
        rule->window = rate.window;
    }
    read_significant(fields, *rule);
    spec.group = std::move(rule);
}

}  // namespace superd::config
