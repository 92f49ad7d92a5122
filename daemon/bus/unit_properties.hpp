// The properties of org.superd.Unit1, in one table.
#pragma once

#include "bus/handle.hpp"
#include "wire/status.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace superd::bus {

struct InstanceRow {
    std::uint32_t index = 0;
    std::string state;
    std::uint32_t pid = 0;  // 0: no process.
    std::uint64_t run = 0;  // 0: none yet.
    std::uint32_t restarts = 0;
    bool operator==(const InstanceRow&) const = default;
};

using Value = std::variant<std::string, bool, std::uint32_t, std::vector<std::string>,
                           std::vector<InstanceRow>>;

struct Property {
    std::string_view name;
    const char* type;  // Its D-Bus signature.
    Value value;
    // Whether a change of it is told. What tells a time, "up for 2 s", changes all the time.
    bool told = true;
    bool operator==(const Property& other) const {
        return name == other.name && value == other.value;
    }
};

// All properties of a unit, always in the same order.
std::vector<Property> properties_of(const wire::UnitStatus& unit);

// Appends the value as a variant. Negative: an error of sd-bus's.
int append_variant(sd_bus_message* out, const Property& property);
// Appends a{sv}.
int append_properties(sd_bus_message* out, const std::vector<Property>& properties);

// Those of `now` that differ in `before` and are told of.
std::vector<Property> changed_properties(const std::vector<Property>& before,
                                         const std::vector<Property>& now);

}  // namespace superd::bus
