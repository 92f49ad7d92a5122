// The command line of superd-supervisor.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace superd::supervisor {

struct Options {
    std::string config = "/etc/superd";
    std::string runtime, state, log;
    std::string print;  // --print: what.
    std::vector<std::string> profiles;
    int speaks = -1, records = -1;  // Asked by a superd that is to be upgraded.
    bool user = false, check = false, json = false;
};

// Empty if the process is to end with `exit_code` now: after --help, or a
// mistake that has been told.
std::optional<Options> parse_options(int argc, const char* const* argv, int& exit_code);

}  // namespace superd::supervisor
