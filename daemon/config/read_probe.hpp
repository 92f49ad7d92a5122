// What is asked of a service: the texts of [ready] and [[check]] taken apart.
#pragma once

#include "config/unit.hpp"

#include <optional>
#include <string>

namespace superd::config {

// For kinds tcp, unix, http and log. What is wrong with the text, if anything is.
std::optional<std::string> parse_probe(ReadyKind kind, std::string text, Ready& into);

}  // namespace superd::config
