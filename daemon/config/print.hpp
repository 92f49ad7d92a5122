// The manual pages and the JSON Schemas, made from the table of keys.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace superd::config {

// What can be printed, and the checked-in file that is a copy of it.
struct Printable {
    std::string_view what;  // "unit-man"
    std::string_view file;  // "packaging/man/superd.unit.5"
};
std::span<const Printable> printables();

// `what`: schema (of a unit's file), drop-in-schema, settings-schema, unit-man or toml-man;
// none for anything else.
std::optional<std::string> print(std::string_view what);

}  // namespace superd::config
