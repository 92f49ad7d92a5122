// What superd-supervisor does by hand: `--check` and `--print`.
#pragma once

#include <string>
#include <vector>

namespace superd::supervisor {

// Prints every mistake to stderr (as JSON: to stdout), or one line that all is
// well. The process's exit code: 0, or EX_CONFIG.
int check_configuration(const std::string& directory, const std::vector<std::string>& profiles,
                        bool json);

// Prints a manual page or a JSON Schema made from the schema of the
// configuration. The exit code: 0, or EX_USAGE if there is no such document.
int print_document(const std::string& what);

}  // namespace superd::supervisor
