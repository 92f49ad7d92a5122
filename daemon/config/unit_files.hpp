// Which files of a configuration make a unit: its own, and the drop-ins that are laid over it.
#pragma once

#include "config/document.hpp"
#include "config/report.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// The text of each file, by its name in Sources.
using Texts = std::map<std::string_view, const std::string*>;

// The name of the unit that "units/web.toml" describes; empty: that is no unit's file.
std::string_view unit_name(std::string_view file);

// The name of the unit that "units/web.d/10-port.toml" is a drop-in of; empty: it is none.
std::string_view drop_in_unit(std::string_view file);

// Whether a unit may have this name.
bool is_unit_name(std::string_view name);

// The unit's own file, then its drop-ins in order of name.
std::vector<std::string> files_of_unit(std::string_view name, const Texts& texts);

// The document that the files of `report` make together; none, and reported, if one of them
// cannot be read.
std::optional<Table> read_unit_document(const Texts& texts, Report& report);

// Reports drop-ins of units that are not there. `units` are the names of those that are.
void check_drop_ins(const Texts& texts, const std::set<std::string>& unread,
                    const std::vector<std::string_view>& units, Diagnostics& diagnostics);

}  // namespace superd::config
