#include "ctl/import/command.hpp"

#include "ctl/import/text.hpp"
#include "ctl/import/toml.hpp"

#include <algorithm>

namespace superctl::importing {

namespace {

// Calls `text` and `reference` for what is and is not a ${NAME}.
template <class Text, class Reference>
void walk_references(std::string_view word, Text on_text, Reference on_reference) {
    while (!word.empty()) {
        const auto at = word.find("${");
        if (at == word.npos) return on_text(word);
        const auto end = word.find('}', at);
        const auto name = end == word.npos ? std::string_view{} : word.substr(at + 2, end - at - 2);
        if (!is_variable(name)) {
            on_text(word.substr(0, at + 2));
            word.remove_prefix(at + 2);
            continue;
        }
        if (at > 0) on_text(word.substr(0, at));
        on_reference(name);
        word.remove_prefix(end + 1);
    }
}

// In double quotes of the shell, but for the variables.
std::string shell_word(std::string_view word) {
    std::string out = "\"";
    walk_references(
        word,
        [&](std::string_view text) {
            for (const char c : text) {
                if (std::string_view{"\\\"$`"}.contains(c)) out += '\\';
                out += c;
            }
        },
        [&](std::string_view name) { out += "${" + std::string{name} + "}"; });
    return out + "\"";
}

std::string toml_word(const CommandLine::Word& word) {
    if (!word.references) return toml_literal(word.text);
    std::string out;
    walk_references(
        word.text, [&](std::string_view text) { out += escape_references(text); },
        // An unset one is nothing there, and a mistake here.
        [&](std::string_view name) { out += "${" + std::string{name} + ":-}"; });
    return toml_string(out);
}

}  // namespace

bool CommandLine::needs_shell() const {
    return late_variables || std::ranges::any_of(words, &Word::splits);
}

std::string script_of(const CommandLine& line) {
    std::string out;
    for (const auto& word : line.words) {
        if (!out.empty()) out += ' ';
        if (word.splits) {
            out += word.text;
        } else if (word.references && word.text.contains("${")) {
            out += shell_word(word.text);
        } else {
            out += shell_quote(word.text);
        }
    }
    return out;
}

std::vector<std::string> shell_exec(std::string_view script) {
    return {toml_string("/bin/sh"), toml_string("-c"), toml_literal(script)};
}

std::vector<std::string> exec_of(const CommandLine& line) {
    if (line.needs_shell()) {
        // No patterns: words of a variable's value are not names of files.
        const bool splits = std::ranges::any_of(line.words, &CommandLine::Word::splits);
        return shell_exec((splits ? "set -f; exec " : "exec ") + script_of(line));
    }
    std::vector<std::string> out;
    for (const auto& word : line.words) out.push_back(toml_word(word));
    return out;
}

std::vector<std::string> exec_of(const std::vector<CommandLine>& lines) {
    if (lines.size() == 1 && !lines.front().may_fail) return exec_of(lines.front());
    std::string script;
    bool splits = false;
    for (const auto& line : lines) {
        splits = splits || std::ranges::any_of(line.words, &CommandLine::Word::splits);
        if (!script.empty()) script += " && ";
        script += line.may_fail ? "{ " + script_of(line) + " || :; }" : script_of(line);
    }
    return shell_exec((splits ? "set -f; " : "") + script);
}

}  // namespace superctl::importing
