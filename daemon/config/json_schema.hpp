// A schema as JSON Schema, draft 2020-12, for editors.
#pragma once

#include "config/schema.hpp"

#include <string>

namespace superd::config {

// The whole document, with a newline at its end.
std::string json_schema(const Schema& schema);

}  // namespace superd::config
