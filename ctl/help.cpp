#include "ctl/help.hpp"

#include "ctl/output.hpp"

#include <algorithm>

namespace superctl {

namespace {

constexpr std::size_t columns = 80;

std::string flag_head(const Flag& flag) {
    std::string out = flag.letter.empty() ? "    " : std::string{flag.letter} + ", ";
    out += flag.name;
    if (!flag.placeholder.empty()) out += " " + std::string{flag.placeholder};
    return out;
}

// Appends `text`, broken at spaces, each further line indented.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
    std::size_t column = indent;
    bool first = true;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!first && column + 1 + width(word) > columns) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (!first) {
            out += ' ';
            ++column;
        }
        out += word;
        column += width(word);
        first = false;
    }
    out += '\n';
}

void append_rows(std::string& out,
                 const std::vector<std::pair<std::string, std::string_view>>& rows) {
    constexpr std::size_t head_max = 30;
    std::size_t widest = 0;
    for (const auto& [head, text] : rows) {
        if (width(head) <= head_max) widest = std::max(widest, width(head));
    }
    for (const auto& [head, text] : rows) {
        out += "  " + head;
        if (width(head) > widest) {
            out += "\n" + std::string(widest + 4, ' ');
        } else {
            out.append(widest + 2 - width(head), ' ');
        }
        append_wrapped(out, text, widest + 4);
    }
}

void append_flags(std::string& out, std::string_view title, std::span<const Flag> flags) {
    if (flags.empty()) return;
    std::vector<std::pair<std::string, std::string_view>> rows;
    for (const auto& flag : flags) rows.emplace_back(flag_head(flag), flag.text);
    out += "\n" + std::string{title} + "\n";
    append_rows(out, rows);
}

void append_exit_codes(std::string& out) {
    std::vector<std::pair<std::string, std::string_view>> rows;
    for (const auto& meaning : exit_meanings) {
        rows.emplace_back(std::to_string(static_cast<int>(meaning.code)), meaning.text);
    }
    out += "\nExit status:\n";
    append_rows(out, rows);
}

}  // namespace

std::string help_text() {
    std::string out =
        "Usage: superctl [FLAGS] VERB [NAME…]\n\nControls superd's units.\n\nVerbs:\n";
    std::vector<std::pair<std::string, std::string_view>> rows;
    for (const auto& command : commands()) {
        auto head = std::string{command.name};
        if (!command.usage.empty()) head += " " + std::string{command.usage};
        rows.emplace_back(std::move(head), command.summary);
    }
    append_rows(out, rows);
    out +=
        "\nA NAME is a unit (web), one of its instances (web/0), a pattern ('web*')\n"
        "or all of a group (@shop).\n";
    append_flags(out, "Flags:", global_flags());
    append_exit_codes(out);
    out += "\n`superctl VERB --help` tells more about one of them.\n";
    return out;
}

std::string help_text(const Command& command) {
    std::string out = "Usage: superctl " + std::string{command.name};
    if (!command.flags.empty()) out += " [FLAGS]";
    if (!command.usage.empty()) out += " " + std::string{command.usage};
    out += "\n\n";
    append_wrapped(out, std::string{command.summary} + ".", 0);
    if (!command.text.empty()) {
        out += '\n';
        append_wrapped(out, command.text, 0);
    }
    append_flags(out, "Flags:", command.flags);
    append_flags(out, "Flags of every verb:", global_flags());
    if (!command.examples.empty()) out += "\nExamples:\n";
    for (const auto& example : command.examples) {
        out += "  superctl " + std::string{example.command} + "\n      ";
        append_wrapped(out, example.text, 6);
    }
    append_exit_codes(out);
    return out;
}

std::expected<std::string, Failure> printed(std::string_view what) {
    if (what == "man") return man_page();
    if (what == "bash") return bash_completion();
    if (what == "zsh") return zsh_completion();
    if (what == "fish") return fish_completion();
    return std::unexpected{Failure{ExitCode::usage, "cannot print " + std::string{what},
                                   "use one of man|bash|zsh|fish"}};
}

}  // namespace superctl
