// A schema as JSON Schema, draft 2020-12, for editors.
#pragma once

#include "config/schema.hpp"

#include <string>

namespace superd::config {

// Of a whole unit, or of a drop-in, which need not have what the unit's own file has.
enum class Extent { whole, drop_in };

// The whole document, with a newline at its end.
std::string json_schema(const Schema& schema, Extent extent = Extent::whole);

}  // namespace superd::config
