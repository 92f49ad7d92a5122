// Parsing, for reading: as parse() in load.hpp, but some files are known to be there and
// unreadable.
#pragma once

#include "config/load.hpp"

#include <set>
#include <string>

namespace superd::config {

// Parses all, and adds what is wrong to `diagnostics`, in order. Of the files
// in `unread` that has been told already: what refers to them is not wrong.
Configuration parse(const Sources& sources, const std::set<std::string>& unread,
                    Diagnostics& diagnostics);

}  // namespace superd::config
