// Words of the configuration, as files and the control API have them.
#pragma once

#include "core/spec.hpp"

#include <string_view>

namespace superd::supervisor {

std::string_view to_string(core::UnitType type);
std::string_view to_string(core::When when);

}  // namespace superd::supervisor
