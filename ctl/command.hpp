// The one table of superctl's verbs. The command line's parser, --help, the
// man page and the completions are made from it, so they cannot disagree.
#pragma once

#include "ctl/exit_code.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace superctl {

// What a flag takes.
enum class Value { none, text, path, count, duration, since, choice };

struct Flag {
    std::string_view name;    // "--follow": what the code asks for.
    std::string_view letter;  // "-f", or empty.
    Value value = Value::none;
    std::string_view placeholder;  // "N"; for a choice its words: "out|err".
    std::string_view text;
};

// What stands after the verb.
enum class Arguments {
    none,
    units,
    some_units,
    signal_and_units,
    scalings,
    format_and_files,
    verb
};

struct Example {
    std::string_view command;  // Without the leading "superctl ".
    std::string_view text;
};

class Invocation;

struct Command {
    std::string_view name;
    Arguments arguments = Arguments::none;
    std::string_view usage;    // "NAME…"
    std::string_view summary;  // One line, no period.
    std::string_view text;     // Paragraphs; may be empty.
    std::span<const Flag> flags;
    std::span<const Example> examples;
    ExitCode (*run)(const Invocation&) = nullptr;
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);

// Flags that stand before or after any verb.
std::span<const Flag> global_flags();

// A command line that was understood.
class Invocation {
public:
    const Command* command = nullptr;
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string_view, std::string>> flags;  // By name; values as given.

    bool has(std::string_view flag) const;
    // Empty when it was not given.
    std::string_view value(std::string_view flag) const;
};

}  // namespace superctl
