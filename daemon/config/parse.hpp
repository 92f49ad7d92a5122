// Parsing, for reading: as parse() in load.hpp, but some files are known to be there and
// unreadable.
#pragma once

#include "config/load.hpp"

#include <set>
#include <string>

namespace superd::config {

// The name of the unit that "units/web.toml" describes; empty: that is no unit's file.
std::string_view unit_name(std::string_view file);

// Whether a unit may have this name.
bool is_unit_name(std::string_view name);

// Parses all, and adds what is wrong to `diagnostics`, in order. Of the files
// in `unread` that has been told already: what refers to them is not wrong.
Configuration parse(const Sources& sources, const std::set<std::string>& unread,
                    Diagnostics& diagnostics);

}  // namespace superd::config
