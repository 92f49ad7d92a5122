#include "ctl/help.hpp"
#include "ctl/output.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_help(const Invocation& invocation) {
    const auto* const command =
        invocation.arguments.empty() ? nullptr : find_command(invocation.arguments.front());
    print(command == nullptr ? help_text() : help_text(*command));
    return ExitCode::ok;
}

}  // namespace superctl
