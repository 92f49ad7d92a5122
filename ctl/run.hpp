// superctl as a function, for main and for tests.
#pragma once

#include "ctl/exit_code.hpp"

#include <string>
#include <vector>

namespace superctl {

// `words`: the arguments without the program's name.
ExitCode run(const std::vector<std::string>& words);

}  // namespace superctl
