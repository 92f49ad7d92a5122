#include "bus/unit_properties.hpp"

#include "base/overloaded.hpp"
#include "wire/utf8.hpp"

#include <algorithm>

namespace superd::bus {

namespace {

bool is_up(const wire::InstanceStatus& instance) {
    return instance.state == "ready" || instance.state == "completed";
}

// As JSON has it elsewhere: sd-bus takes nothing that is not UTF-8, and all of the message with it
// would be lost.
int append_text(sd_bus_message* out, const std::string& text) {
    return sd_bus_message_append_basic(out, 's', wire::well_formed(text).c_str());
}

int append_value(sd_bus_message* out, const Value& value) {
    return std::visit(
        Overloaded{
            [&](const std::string& text) { return append_text(out, text); },
            [&](bool truth) {
                const int word = truth ? 1 : 0;
                return sd_bus_message_append_basic(out, 'b', &word);
            },
            [&](std::uint32_t number) { return sd_bus_message_append_basic(out, 'u', &number); },
            [&](const std::vector<std::string>& texts) {
                int error = sd_bus_message_open_container(out, 'a', "s");
                for (const auto& text : texts) {
                    if (error >= 0) error = append_text(out, text);
                }
                return error < 0 ? error : sd_bus_message_close_container(out);
            },
            [&](const std::vector<InstanceRow>& rows) {
                int error = sd_bus_message_open_container(out, 'a', "(usutu)");
                for (const auto& row : rows) {
                    if (error < 0) break;
                    error = sd_bus_message_append(out, "(usutu)", row.index, row.state.c_str(),
                                                  row.pid, row.run, row.restarts);
                }
                return error < 0 ? error : sd_bus_message_close_container(out);
            },
        },
        value);
}

}  // namespace

std::vector<Property> properties_of(const wire::UnitStatus& unit) {
    std::vector<InstanceRow> rows;
    std::uint32_t ready = 0, restarts = 0, pid = 0;
    for (const auto& one : unit.instances) {
        rows.push_back({one.index, one.state, static_cast<std::uint32_t>(one.pid.value_or(0)),
                        one.run, one.restarts});
        ready += is_up(one) ? 1 : 0;
        restarts += one.restarts;
        if (pid == 0) pid = rows.back().pid;
    }
    const auto count = static_cast<std::uint32_t>(unit.instances.size());
    return {
        {"Name", "s", unit.name},
        {"Description", "s", unit.description},
        {"State", "s", unit.state},
        {"Goal", "s", unit.goal},
        {"Reason", "s", unit.reason, false},
        {"Enabled", "b", unit.enabled},
        {"InstanceCount", "u", count},
        {"ReadyCount", "u", ready},
        {"Restarts", "u", restarts},
        {"MainPID", "u", pid},
        {"Files", "as", unit.files},
        {"Instances", "a(usutu)", std::move(rows)},
    };
}

int append_variant(sd_bus_message* out, const Property& property) {
    int error = sd_bus_message_open_container(out, 'v', property.type);
    if (error >= 0) error = append_value(out, property.value);
    return error < 0 ? error : sd_bus_message_close_container(out);
}

int append_properties(sd_bus_message* out, const std::vector<Property>& properties) {
    int error = sd_bus_message_open_container(out, 'a', "{sv}");
    for (const auto& property : properties) {
        if (error >= 0) error = sd_bus_message_open_container(out, 'e', "sv");
        const std::string name{property.name};
        if (error >= 0) error = sd_bus_message_append_basic(out, 's', name.c_str());
        if (error >= 0) error = append_variant(out, property);
        if (error >= 0) error = sd_bus_message_close_container(out);
    }
    return error < 0 ? error : sd_bus_message_close_container(out);
}

std::vector<Property> changed_properties(const std::vector<Property>& before,
                                         const std::vector<Property>& now) {
    std::vector<Property> changed;
    for (const auto& property : now) {
        if (!property.told) continue;
        if (std::ranges::find(before, property) == before.end()) changed.push_back(property);
    }
    return changed;
}

}  // namespace superd::bus
