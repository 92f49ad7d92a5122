// ${INSTANCE} in the texts of a unit: which number it is, each instance knows when it is started.
#pragma once

#include "config/unit.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::config {

// What stands for the number until then. No text that is taken from a file has it.
inline constexpr char instance_mark = '\0';

std::string for_instance(std::string text, std::uint32_t index);
void set_instance(std::vector<std::string>& texts, std::uint32_t index);

// How to ask this instance. Whether that can be understood was seen for each of the unit's
// instances when the unit was read, and by `check_instance` for those that came later.
Ready for_instance(const Ready& ready, std::uint32_t index);

// What keeps the unit from having an instance of this number, if anything does: "its [ready]
// cannot be used for instance 9: expected a port from 1 to 65535".
std::optional<std::string> check_instance(const Unit& unit, std::uint32_t index);

}  // namespace superd::config
