// A drop-in laid over a unit's file.
#pragma once

#include "config/document.hpp"

namespace superd::config {

// Lays `over` over `base`. Tables merge key by key, [[…]] are added after those that are
// there, anything else takes the place of what was. Of the ways to be ready a unit has one, so
// that another way takes the place of the one before it.
void merge(Table& base, Table over);

// Says of everything in `table` that it was written in that file of a unit.
void set_file(Table& table, std::uint16_t file);

}  // namespace superd::config
