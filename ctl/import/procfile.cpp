#include "ctl/import/procfile.hpp"

#include "ctl/import/command.hpp"
#include "ctl/import/dot_env.hpp"
#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"
#include "ctl/import/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>

namespace superctl::importing {

namespace {

// As foreman hands ports out: this many apart, from this one on where .env has no PORT.
constexpr std::int64_t first_port = 5000, ports_apart = 100;
constexpr std::int64_t port_max = 65'535;

// PORT in a .env file, as foreman reads it: the last line that says it.
std::optional<std::int64_t> port_of(std::string_view dot_env) {
    std::optional<std::int64_t> port;
    for (auto line : lines_of(dot_env)) {
        constexpr std::string_view shell = "export ", key = "PORT=";
        if (line.starts_with(shell)) line.remove_prefix(shell.size());
        if (!line.starts_with(key)) continue;
        auto value = trimmed(line.substr(key.size()));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
            value.front() == value.back()) {
            value = value.substr(1, value.size() - 2);
        }
        const auto number = parse_number(value);
        port = number && *number > 0 && *number <= port_max ? number : std::nullopt;
    }
    return port;
}

bool is_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

// Whether it begins with what is no program, but the shell's own: a word of its, or A=1.
bool begins_in_shell(std::string_view command) {
    constexpr std::array<std::string_view, 8> own{"cd",   "export", "source", ".",
                                                  "exec", "if",     "while",  "for"};
    const auto first = words_of(command).front();
    return first.contains('=') || std::ranges::find(own, first) != own.end();
}

// What only a shell understands; quotes alone do not need one.
bool needs_shell(std::string_view command) {
    return begins_in_shell(command) || command.find_first_of("$`|&;<>(){}*?[]~#\n") != command.npos;
}

// One program that the shell can become.
bool is_simple(std::string_view command) {
    return !begins_in_shell(command) && command.find_first_of("|&;(){}`\n") == command.npos;
}

void set_exec(std::string_view command, const InputFile& file, const Place& place, Draft& draft) {
    std::vector<std::string> words;
    const bool plain = !needs_shell(command);
    if (plain && !split_shell_words(command, words)) {
        draft.note(place, Weight::lost, "a quote without its end");
    }
    if (!plain || words.empty() || words.front().empty()) {
        draft.set_all("exec", shell_exec(is_simple(command) ? "exec " + std::string{command}
                                                            : std::string{command}));
        return;
    }
    if (!words.front().starts_with('/') && words.front().contains('/')) {
        if (words.front().starts_with("./")) words.front().erase(0, 2);
        words.front().insert(0, file.directory + "/");
    }
    for (auto& word : words) word = toml_literal(word);
    draft.set_all("exec", std::move(words));
}

}  // namespace

Translation translate_procfile(const std::vector<InputFile>& files) {
    Translation all;
    auto port = first_port;
    std::string_view directory;
    for (const auto& file : files) {
        unsigned number = 0;
        // Procfiles of one directory are one application: none gets a port twice.
        const auto base = port_of(file.dot_env);
        if (base && file.directory != directory) port = *base;
        if (file.directory != directory) {
            std::ranges::move(dot_env_differences(file, DotEnvReader::foreman),
                              std::back_inserter(all.notes));
        }
        directory = file.directory;
        for (const auto line : lines_of(file.text)) {
            const Place place{file.path, ++number};
            const auto text = trimmed(line);
            if (text.empty() || text.starts_with('#')) continue;
            const auto colon = text.find(':');
            const auto name = trimmed(text.substr(0, colon));
            const auto command =
                colon == text.npos ? std::string_view{} : trimmed(text.substr(colon + 1));
            if (!is_name(name) || command.empty()) {
                all.note(place, Weight::lost, "expected NAME: COMMAND");
                continue;
            }
            Draft draft{unit_name(name), file.path};
            set_exec(command, file, place, draft);
            draft.set("directory", toml_literal(file.directory));
            draft.append("env-file", toml_string("-" + file.directory + "/.env"));
            if (name == "release") {
                draft.set("type", toml_string("oneshot"));
                draft.set("autostart", "false");
                draft.note(place, Weight::remark, "it is run by hand, before a new release starts");
            } else {
                draft.set("restart.policy", toml_string("always"));
                draft.set_variable("PORT", toml_string(std::to_string(port)));
                draft.note(place, Weight::remark,
                           "PORT is as foreman would choose it" +
                               std::string{base ? ", from that of .env on" : ""},
                           "env");
            }
            port += ports_apart;
            draft.note(
                place, Weight::remark,
                "it is given no variables of superd's own environment but those in pass-env");
            all.units.push_back(std::move(draft));
        }
    }
    settle(all);
    return all;
}

}  // namespace superctl::importing
