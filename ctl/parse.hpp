// From a command line to what it asks for.
#pragma once

#include "ctl/command.hpp"

#include <expected>
#include <string>
#include <vector>

namespace superctl {

// `words` are the arguments without the program's name. A failure says what is
// wrong and suggests what may have been meant.
std::expected<Invocation, Failure> parse(const std::vector<std::string>& words);

}  // namespace superctl
