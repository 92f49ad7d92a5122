#include "ctl/run.hpp"

#include "ctl/help.hpp"
#include "ctl/output.hpp"
#include "ctl/parse.hpp"

namespace superctl {

namespace {

ExitCode carry_out(const std::vector<std::string>& words) {
    // For those who build superd, and in no help: makes the files in packaging/.
    if (words.size() == 2 && words[0] == "--print") {
        const auto text = printed(words[1]);
        if (!text) return complain(text.error());
        print(*text);
        return ExitCode::ok;
    }
    const auto invocation = parse(words);
    if (!invocation) return complain(invocation.error());
    if (invocation->has("--help")) {
        const auto* const command = invocation->command;
        print(command == nullptr ? help_text() : help_text(*command));
        return ExitCode::ok;
    }
    return invocation->command->run(*invocation);
}

}  // namespace

ExitCode run(const std::vector<std::string>& words) { return after_output(carry_out(words)); }

}  // namespace superctl
