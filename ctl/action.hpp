// What start, stop, restart, reset and wait have in common: a command for
// units, progress while it is waited for, and outcomes.
#pragma once

#include "ctl/command.hpp"
#include "wire/outcome.hpp"

#include <string>
#include <string_view>

namespace superctl {

struct Act {
    std::string_view path;    // "/v1/start"
    std::string_view goal;    // What is waited for, in words: "ready".
    std::string more;         // Further members of the request's body: "\"until\":\"ready\"".
    bool repeatable = true;   // Whether saying it twice is the same as saying it once.
    bool names_units = true;  // The arguments are selectors.
    std::string_view told{};  // What is said of those that came out well; empty: their state.
};

// Sends the command and prints how it came out.
ExitCode act(const Invocation& invocation, const Act& command);

// The request's body: {"units":[…] or "all":true, "wait":…, "timeout":…, more}.
std::string action_body(const Invocation& invocation, const Act& command);

// What goes to standard output and to standard error, and the exit code.
struct Report {
    std::string out, err;
    ExitCode code = ExitCode::ok;
};
Report report(const superd::wire::Outcomes& outcomes, std::string_view verb,
              std::string_view told = {});

}  // namespace superctl
