// What start, stop, restart, reset and wait have in common: a command for
// units, progress while it is waited for, and outcomes.
#pragma once

#include "ctl/command.hpp"
#include "wire/outcome.hpp"

#include <string>
#include <string_view>

namespace superctl {

// Sends the command of `path` ("/v1/start") and prints how it came out.
// `goal` is the state that is waited for, in words: "ready". `more` are
// further members of the request's body: "\"until\":\"ready\"".
ExitCode act(const Invocation& invocation, std::string_view path, std::string_view goal,
             std::string_view more = {});

// The request's body: {"units":[…] or "all":true, "wait":…, "timeout":…, more}.
std::string action_body(const Invocation& invocation, std::string_view more);

// What goes to standard output and to standard error, and the exit code.
struct Report {
    std::string out, err;
    ExitCode code = ExitCode::ok;
};
Report report(const superd::wire::Outcomes& outcomes, std::string_view verb);

}  // namespace superctl
