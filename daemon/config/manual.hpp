// The manual pages of the two kinds of file, in man(7).
#pragma once

#include <string>

namespace superd::config {

std::string unit_manual();      // superd.unit(5)
std::string settings_manual();  // superd.toml(5)

}  // namespace superd::config
