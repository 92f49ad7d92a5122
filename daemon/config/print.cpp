#include "config/print.hpp"

#include "config/json_schema.hpp"
#include "config/manual.hpp"

#include <array>

namespace superd::config {

std::span<const Printable> printables() {
    static constexpr std::array all{
        Printable{"schema", "packaging/schema/superd-unit.schema.json"},
        Printable{"drop-in-schema", "packaging/schema/superd-drop-in.schema.json"},
        Printable{"settings-schema", "packaging/schema/superd.schema.json"},
        Printable{"unit-man", "packaging/man/superd.unit.5"},
        Printable{"toml-man", "packaging/man/superd.toml.5"}};
    return all;
}

std::optional<std::string> print(std::string_view what) {
    if (what == "schema") return json_schema(unit_schema());
    if (what == "drop-in-schema") return json_schema(unit_schema(), Extent::drop_in);
    if (what == "settings-schema") return json_schema(settings_schema());
    if (what == "unit-man") return unit_manual();
    if (what == "toml-man") return settings_manual();
    return {};
}

}  // namespace superd::config
