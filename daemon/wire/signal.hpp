// Signals as people name them.
#pragma once

#include <optional>
#include <string_view>

namespace superd::wire {

// The number of "HUP", "SIGHUP", "RTMIN+1" or "1".
std::optional<int> signal_number(std::string_view name);

}  // namespace superd::wire
