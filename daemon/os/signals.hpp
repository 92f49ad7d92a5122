// Names of signals.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace superd::os {

// The number of "SIGTERM", "TERM", "15", "SIGRTMIN+3" or "RTMAX-1", in capitals
// or not. Empty: no such signal.
std::optional<int> signal_number(std::string_view name);

// "SIGTERM", "SIGRTMIN+3"; "signal 99" if there is none of that number.
std::string signal_name(int number);

}  // namespace superd::os
