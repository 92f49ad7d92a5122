#include "ctl/import/dot_env.hpp"
#include "ctl/import/files.hpp"
#include "ctl/import/import.hpp"
#include "ctl/import/toml.hpp"
#include "ctl/output.hpp"
#include "ctl/verbs.hpp"

#include <string>
#include <vector>

namespace superctl {

namespace {

using importing::Draft;
using importing::Note;
using importing::Translation;

// All about the files first, then unit by unit.
void tell(const Translation& translation) {
    const auto tell_all = [](const std::vector<Note>& notes) {
        for (const auto& note : notes) complain(printable(importing::describe(note)) + "\n");
    };
    tell_all(translation.notes);
    for (const auto& unit : translation.units) tell_all(unit.notes);
}

std::string printed_units(const Translation& translation, std::string_view command) {
    std::string out;
    for (const auto& unit : translation.units) {
        if (!out.empty()) out += '\n';
        out += "# file: " + unit.name() + ".toml\n" + importing::print_unit(unit, command);
    }
    return out;
}

}  // namespace

ExitCode run_import(const Invocation& invocation) {
    const auto format = importing::parse_format(invocation.arguments.front());
    if (!format) {
        return complain(
            Failure{ExitCode::usage,
                    "cannot import " + invocation.arguments.front() + ": there is no such format",
                    "use one of systemd, supervisord, procfile and compose"});
    }
    const std::vector<std::string> paths{invocation.arguments.begin() + 1,
                                         invocation.arguments.end()};
    auto files = importing::read_files(*format, paths);
    if (!files) return complain(files.error());
    for (const auto& file : *files) {
        if (file.found) complain("read " + printable(file.path) + "\n");
    }
    const bool has_dot_env =
        *format == importing::Format::procfile || *format == importing::Format::compose;
    if (has_dot_env) importing::read_dot_env(*files);
    const auto translation = importing::translate(*format, *files);
    const auto command = "superctl import " + std::string{to_string(*format)};
    if (invocation.has("--output")) {
        const auto failure =
            importing::write_units(translation, command, std::string{invocation.value("--output")},
                                   invocation.has("--force"));
        if (failure) return complain(*failure);
    }
    if (invocation.has("--json")) {
        print(importing::to_json(translation, command) + "\n");
    } else {
        if (!invocation.has("--output")) print(printed_units(translation, command));
        tell(translation);
    }
    return translation.complete() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace superctl
