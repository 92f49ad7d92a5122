#include "ctl/import/systemd_command.hpp"

#include "ctl/import/text.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

// What systemd and superd set when a program is started, so no file's env has it.
constexpr std::array<std::string_view, 8> late{"MAINPID",        "SERVICE_RESULT", "EXIT_CODE",
                                               "EXIT_STATUS",    "NOTIFY_SOCKET",  "LISTEN_FDS",
                                               "LISTEN_FDNAMES", "WATCHDOG_USEC"};

bool names_late_variable(std::string_view text) {
    return std::ranges::any_of(late, [&](std::string_view name) {
        return text == "$" + std::string{name} || text.contains("${" + std::string{name} + "}");
    });
}

// A whole word $NAME becomes words; ${NAME} is replaced wherever it stands; $$ is a $.
CommandLine::Word word_of(std::string text) {
    if (text.starts_with('$') && is_variable(std::string_view{text}.substr(1))) {
        return {std::move(text), true, true};
    }
    CommandLine::Word word;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool doubled = text[i] == '$' && text.substr(i + 1).starts_with('$');
        word.text += text[i];
        if (doubled) ++i;
    }
    // "$${" is no reference; a word with both is rare enough to be taken for none.
    word.references = text.contains("${") && !text.contains("$${");
    return word;
}

std::string signal_of_kill(const CommandLine& line) {
    const auto& words = line.words;
    if (words.size() < 2 || file_name(words[0].text) != "kill") return {};
    const auto& last = words.back().text;
    if (last != "$MAINPID" && last != "${MAINPID}") return {};
    if (words.size() == 2) return "SIGTERM";
    auto name = std::string_view{words[1].text};
    if (words.size() == 4 && (name == "-s" || name == "--signal")) {
        name = words[2].text;
    } else if (words.size() == 3 && name.starts_with("--signal=")) {
        name.remove_prefix(9);
    } else if (words.size() == 3 && name.starts_with("-s")) {
        name.remove_prefix(2);
    } else if (words.size() == 3 && name.starts_with('-')) {
        name.remove_prefix(1);
    } else {
        return {};
    }
    return signal_name(name).value_or("");
}

}  // namespace

SystemdCommand parse_systemd_command(std::string_view text, const SystemdName& name) {
    SystemdCommand command;
    bool named = false, literal = false;
    text = trimmed(text);
    for (; !text.empty() && std::string_view{"-@:+!|"}.contains(text.front());
         text.remove_prefix(1)) {
        switch (text.front()) {
            case '-': command.line.may_fail = true; break;
            case '@': named = true; break;
            case ':': literal = true; break;
            case '+':
            case '!': command.privileged = true; break;
            default: command.problem = "the prefix | is not known"; break;
        }
    }
    auto words = split_quoted(text, command.problem);
    for (auto& word : words) word = replace_specifiers(word, name, command.problem);
    if (named && words.size() > 1) {
        command.argv0 = words[1];
        words.erase(words.begin() + 1);
    }
    for (auto& word : words) {
        command.line.late_variables =
            command.line.late_variables || (!literal && names_late_variable(word));
        command.line.words.push_back(literal ? CommandLine::Word{std::move(word), false, false}
                                             : word_of(std::move(word)));
    }
    command.signal = signal_of_kill(command.line);
    return command;
}

}  // namespace superctl::importing
