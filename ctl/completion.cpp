// Completions for shells. Names of units come from `superctl list`, asked when
// the key is pressed.
#include "ctl/help.hpp"

namespace superctl {

namespace {

// Of import.
constexpr std::string_view formats = "systemd supervisord procfile compose";

bool takes_units(const Command& command) {
    return command.arguments == Arguments::units || command.arguments == Arguments::some_units ||
           command.arguments == Arguments::signal_and_units ||
           command.arguments == Arguments::scalings;
}

std::string words_of(std::span<const Flag> flags) {
    std::string out;
    for (const auto& flag : flags) {
        if (!out.empty()) out += ' ';
        out += flag.name;
        if (!flag.letter.empty()) out += " " + std::string{flag.letter};
    }
    return out;
}

std::string verbs() {
    std::string out;
    for (const auto& command : commands()) {
        if (!out.empty()) out += ' ';
        out += command.name;
    }
    return out;
}

std::string choices(const Flag& flag) {
    std::string out{flag.placeholder};
    for (auto& c : out) {
        if (c == '|') c = ' ';
    }
    return out;
}

// In single quotes, for all three shells. Fish and the others differ in how a quote is written.
std::string quoted(std::string_view text, std::string_view quote) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += quote;
        } else {
            out += c;
        }
    }
    return out + "'";
}

// What zsh's _arguments takes for the text in brackets.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(const Flag& flag) {
    switch (flag.value) {
        case Value::none: return "";
        case Value::path: return ":path:_files";
        case Value::choice: return ":choice:(" + choices(flag) + ")";
        case Value::text:
        case Value::count:
        case Value::duration:
        case Value::since: return ":" + zsh_text(flag.placeholder) + ": ";
    }
    return "";
}

void append_zsh_flags(std::string& out, std::span<const Flag> flags, std::string_view indent) {
    for (const auto& flag : flags) {
        const auto rest = "[" + zsh_text(flag.text) + "]" + zsh_action(flag);
        out += indent;
        out += quoted(std::string{flag.name} + rest, "'\\''") + " \\\n";
        if (flag.letter.empty()) continue;
        out += indent;
        out += quoted(std::string{flag.letter} + rest, "'\\''") + " \\\n";
    }
}

void append_fish_flags(std::string& out, std::span<const Flag> flags, std::string_view condition) {
    for (const auto& flag : flags) {
        out += "complete -c superctl";
        if (!condition.empty())
            out += " -n '__fish_seen_subcommand_from " + std::string{condition} + "'";
        out += " -l " + std::string{flag.name.substr(2)};
        if (!flag.letter.empty()) out += " -s " + std::string{flag.letter.substr(1)};
        if (flag.value == Value::path) out += " -r -F";
        if (flag.value == Value::choice) out += " -x -a '" + choices(flag) + "'";
        const bool other = flag.value == Value::text || flag.value == Value::count ||
                           flag.value == Value::duration || flag.value == Value::since;
        if (other) out += " -x";
        out += " -d " + quoted(flag.text, "\\'") + "\n";
    }
}

// The cases in which the word before decides: what a flag takes.
void append_bash_values(std::string& out) {
    const auto append = [&](std::string_view verb, std::span<const Flag> flags) {
        for (const auto& flag : flags) {
            if (flag.value == Value::none) continue;
            out += "        " + std::string{verb} + ":" + std::string{flag.name};
            if (!flag.letter.empty())
                out += "|" + std::string{verb} + ":" + std::string{flag.letter};
            out += ") ";
            if (flag.value == Value::choice) {
                out +=
                    "COMPREPLY=($(compgen -W '" + choices(flag) + "' -- \"$word\")); return ;;\n";
            } else if (flag.value == Value::path) {
                out += "COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
            } else {
                out += "return ;;\n";
            }
        }
    };
    append("*", global_flags());
    for (const auto& command : commands()) append(command.name, command.flags);
}

}  // namespace

std::string bash_completion() {
    std::string out =
        "# Made by `superctl --print bash`; change ctl/command.cpp instead.\n"
        "_superctl() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= "
        "place=() i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n"
        "            --socket|--runtime-dir) place+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\"); "
        "((i++)) ;;\n"
        "            --bus|--user) place+=(\"${COMP_WORDS[i]}\") ;;\n"
        "            --color) ((i++)) ;;\n"
        "            -*) ;;\n"
        "            *) [[ $verb ]] || verb=${COMP_WORDS[i]} ;;\n"
        "        esac\n"
        "    done\n"
        "    case $verb:$before in\n";
    append_bash_values(out);
    out += "    esac\n    local flags='" + words_of(global_flags()) +
           "'\n    case $verb in\n        '') COMPREPLY=($(compgen -W \"$flags " + verbs() +
           "\" -- \"$word\")); return ;;\n";
    for (const auto& command : commands()) {
        if (command.flags.empty()) continue;
        out += "        " + std::string{command.name} + ") flags+=' " + words_of(command.flags) +
               "' ;;\n";
    }
    out +=
        "    esac\n    if [[ $word == -* ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n        return\n    fi\n"
        "    case $verb in\n        help) COMPREPLY=($(compgen -W '" +
        verbs() + "' -- \"$word\")) ;;\n        import) COMPREPLY=($(compgen -f -W '" +
        std::string{formats} + "' -- \"$word\")) ;;\n        ";
    std::string separator;
    for (const auto& command : commands()) {
        if (!takes_units(command)) continue;
        out += separator + std::string{command.name};
        separator = "|";
    }
    out +=
        ")\n            COMPREPLY=($(compgen -W \"$(superctl \"${place[@]}\" list 2>/dev/null)\" "
        "-- \"$word\")) ;;\n    esac\n}\ncomplete -F _superctl superctl\n";
    return out;
}

std::string zsh_completion() {
    std::string out =
        "#compdef superctl\n"
        "# Made by `superctl --print zsh`; change ctl/command.cpp instead.\n"
        "_superctl_units() {\n"
        "    local -a units\n"
        "    units=(${(f)\"$(superctl list 2>/dev/null)\"})\n"
        "    compadd -a units\n"
        "}\n"
        "_superctl() {\n"
        "    local context state state_descr line\n"
        "    typeset -A opt_args\n"
        "    local -a verbs\n"
        "    verbs=(\n";
    for (const auto& command : commands()) {
        out += "        " +
               quoted(std::string{command.name} + ":" + zsh_text(command.summary), "'\\''") + "\n";
    }
    out += "    )\n    _arguments -C \\\n";
    append_zsh_flags(out, global_flags(), "        ");
    out +=
        "        '1:verb:->verb' '*::argument:->argument'\n"
        "    case $state in\n"
        "        verb) _describe verb verbs ;;\n"
        "        argument)\n            case $words[1] in\n";
    for (const auto& command : commands()) {
        out += "                " + std::string{command.name} +
               ")\n                    _arguments \\\n";
        const std::string indent(24, ' ');
        append_zsh_flags(out, global_flags(), indent);
        append_zsh_flags(out, command.flags, indent);
        if (command.arguments == Arguments::signal_and_units)
            out += indent + "'1:signal:_signals' \\\n";
        if (command.arguments == Arguments::verb) out += indent + "'1:verb:(" + verbs() + ")' ;;\n";
        if (command.arguments == Arguments::none) out += indent + "&& return ;;\n";
        if (takes_units(command)) out += indent + "'*:unit:_superctl_units' ;;\n";
        if (command.arguments == Arguments::format_and_files) {
            out += indent + "'1:format:(" + std::string{formats} + ")' '*:file:_files' ;;\n";
        }
    }
    out += "            esac ;;\n    esac\n}\n_superctl \"$@\"\n";
    return out;
}

std::string fish_completion() {
    std::string out =
        "# Made by `superctl --print fish`; change ctl/command.cpp instead.\n"
        "complete -c superctl -f\n";
    append_fish_flags(out, global_flags(), "");
    const auto all = verbs();
    for (const auto& command : commands()) {
        out += "complete -c superctl -n 'not __fish_seen_subcommand_from " + all + "' -a " +
               std::string{command.name} + " -d " + quoted(command.summary, "\\'") + "\n";
    }
    for (const auto& command : commands()) append_fish_flags(out, command.flags, command.name);
    std::string with_units;
    for (const auto& command : commands()) {
        if (takes_units(command)) with_units += " " + std::string{command.name};
    }
    out += "complete -c superctl -n '__fish_seen_subcommand_from" + with_units +
           "' -a '(superctl list 2>/dev/null)'\n"
           "complete -c superctl -n '__fish_seen_subcommand_from help' -a '" +
           all + "'\ncomplete -c superctl -F -n '__fish_seen_subcommand_from import' -a '" +
           std::string{formats} + "'\n";
    return out;
}

}  // namespace superctl
