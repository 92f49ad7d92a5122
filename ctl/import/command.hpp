// Command lines on their way into a unit's file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// One program and its arguments as another program's configuration has them.
struct CommandLine {
    struct Word {
        std::string text;
        // A variable whose value is to become words of their own: $OPTIONS.
        bool splits = false;
        // ${NAME} in it is to be replaced.
        bool references = false;
    };
    std::vector<Word> words;
    bool may_fail = false;
    // A variable that is known only when the program is started: a shell has to replace it.
    bool late_variables = false;

    bool needs_shell() const;
};

// For one that needs no shell: ["/bin/true", "${PORT:-}"].
std::vector<std::string> exec_of(const CommandLine& line);

// For sh(1): `/bin/true "${PORT}" $OPTIONS`.
std::string script_of(const CommandLine& line);

// What runs all of them, one after another, until one fails that may not: as TOML strings. A shell
// only where one is needed.
std::vector<std::string> exec_of(const std::vector<CommandLine>& lines);

// ["/bin/sh", "-c", script], as TOML strings.
std::vector<std::string> shell_exec(std::string_view script);

}  // namespace superctl::importing
