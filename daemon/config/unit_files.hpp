// Which files of a configuration make a unit: its own, and those that are laid over it, its
// drop-ins and what profiles say of it. A profile's files are below profiles/NAME as those of the
// configuration are: "profiles/prod/units/web.toml".
#pragma once

#include "config/document.hpp"
#include "config/report.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superd::config {

// The text of each file, by its name in Sources.
using Texts = std::map<std::string_view, const std::string*>;

// The profile that the file is of; empty: of none.
std::string_view profile_of(std::string_view file);

// "profiles/prod/"
std::string profile_prefix(std::string_view profile);

// The name of the unit that "units/web.toml" describes; empty: that is no unit's file.
std::string_view unit_name(std::string_view file);

// The name of the unit that "units/web.d/10-port.toml" is a drop-in of; empty: it is none.
std::string_view drop_in_unit(std::string_view file);

// Whether a unit may have this name.
bool is_unit_name(std::string_view name);

// The unit's own file, then its drop-ins in order of name, then the same of each profile, in
// order. The own file of a unit that is only there in profiles is that of the first of them.
std::vector<std::string> files_of_unit(std::string_view name, const Texts& texts,
                                       std::span<const std::string> profiles);

// superd.toml, and that of each profile; those that are there.
std::vector<std::string> files_of_settings(const Texts& texts,
                                           std::span<const std::string> profiles);

// The document that the files of `report` make together; none, and reported, if one of them
// cannot be read.
std::optional<Table> read_document(const Texts& texts, Report& report);

// Reports drop-ins of units that are not there. `units` are the names of those that are.
void check_drop_ins(const Texts& texts, const std::set<std::string>& unread,
                    const std::vector<std::string_view>& units, Diagnostics& diagnostics);

}  // namespace superd::config
