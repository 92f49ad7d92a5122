// Signals by the names that kill(1) and signal(7) have for them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace superd::config {

// "SIGTERM", "SIGRTMIN+3", "SIGRTMAX-1" → its number on this machine.
std::optional<std::int32_t> signal_number(std::string_view name);

// All names but the real-time ones, for messages and the reference.
std::span<const std::string_view> signal_names();

// What is wrong with `name`, which is no signal: a sentence with what was probably meant.
std::string unknown_signal(std::string_view name);

}  // namespace superd::config
