// superd.toml as typed settings.
#pragma once

#include "config/accounts.hpp"
#include "config/fields.hpp"
#include "config/unit.hpp"

namespace superd::config {

// Reads the settings; what is wrong is reported and left at its default.
Settings read_settings(const Table& root, Accounts& accounts, Report& report);

}  // namespace superd::config
