// What superctl tells about itself, made from the table of verbs.
#pragma once

#include "ctl/command.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace superctl {

std::string help_text();
std::string help_text(const Command& command);

// The whole of superctl(1), as packaging/man/superctl.1 has it.
std::string man_page();

// The completions of packaging/completions.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

// `superctl --print WHAT`: man, bash, zsh or fish. Each of the files in
// packaging/ that are made from the table is made by it.
std::expected<std::string, Failure> printed(std::string_view what);

}  // namespace superctl
