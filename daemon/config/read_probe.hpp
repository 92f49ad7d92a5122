// What is asked of a service: the texts of [ready] and [[check]] taken apart.
#pragma once

#include "config/unit.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace superd::config {

// For kinds tcp, unix, http and log. What is wrong with the text, if anything is.
std::optional<std::string> parse_probe(ReadyKind kind, std::string text, Ready& into);

// Likewise, for every instance that a unit has: `text` may have their numbers still open.
std::optional<std::string> parse_probes(ReadyKind kind, std::string text, std::uint32_t instances,
                                        Ready& into);

}  // namespace superd::config
