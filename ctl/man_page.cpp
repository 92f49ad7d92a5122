#include "ctl/help.hpp"

namespace superctl {

namespace {

// Text for troff: what it would take for a command or a hyphen is escaped.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if ((c == '\'' || c == '.') && (out.empty() || out.back() == '\n')) {
            out += "\\&";
            out += c;
        } else {
            out += c;
        }
    }
    return out;
}

void append_flag(std::string& out, const Flag& flag) {
    out += ".TP\n";
    if (!flag.letter.empty()) out += "\\fB" + escaped(flag.letter) + "\\fR, ";
    out += "\\fB" + escaped(flag.name) + "\\fR";
    if (!flag.placeholder.empty()) out += " \\fI" + escaped(flag.placeholder) + "\\fR";
    out += "\n" + escaped(flag.text) + ".\n";
}

void append_command(std::string& out, const Command& command) {
    out += ".SS \\fB" + escaped(command.name) + "\\fR";
    if (!command.flags.empty()) out += " [FLAGS]";
    if (!command.usage.empty()) out += " " + escaped(command.usage);
    out += "\n" + escaped(command.summary) + ".\n";
    if (!command.text.empty()) out += escaped(command.text) + "\n";
    for (const auto& flag : command.flags) append_flag(out, flag);
}

void append_examples(std::string& out) {
    out += ".SH EXAMPLES\n";
    for (const auto& command : commands()) {
        for (const auto& example : command.examples) {
            out += ".TP\n\\fBsuperctl " + escaped(example.command) + "\\fR\n";
            out += escaped(example.text) + ".\n";
        }
    }
}

}  // namespace

std::string man_page() {
    std::string out =
        ".\\\" Made by `superctl --print man`; change ctl/command.cpp instead.\n"
        ".TH SUPERCTL 1 \"\" \"superd " SUPERD_VERSION
        "\" \"User Commands\"\n"
        ".SH NAME\nsuperctl \\- control superd's units\n"
        ".SH SYNOPSIS\n.B superctl\n[FLAGS] VERB [NAME…]\n"
        ".SH DESCRIPTION\n"
        "Asks a running superd(8) over its control socket. Results go to standard output, all else "
        "to\nstandard error.\n.PP\n"
        "A NAME is a unit (web), one of its instances (web/0), a pattern ('web*')\n"
        "or all of a group (@shop).\n"
        ".SH FLAGS\nThese may stand before or after the verb.\n";
    for (const auto& flag : global_flags()) append_flag(out, flag);
    out += ".SH VERBS\n";
    for (const auto& command : commands()) append_command(out, command);
    out += ".SH EXIT STATUS\n";
    for (const auto& meaning : exit_meanings) {
        out += ".TP\n\\fB" + std::to_string(static_cast<int>(meaning.code)) + "\\fR\n" +
               escaped(meaning.text) + ".\n";
    }
    out +=
        ".SH ENVIRONMENT\n"
        ".TP\n\\fBSUPERD_RUNTIME_DIR\\fR\nAs \\fB\\-\\-runtime\\-dir\\fR, which has precedence.\n"
        ".TP\n\\fBDBUS_SYSTEM_BUS_ADDRESS\\fR, \\fBDBUS_SESSION_BUS_ADDRESS\\fR\nThe buses that "
        "\\fB\\-\\-bus\\fR and \\fB\\-\\-bus \\-\\-user\\fR mean.\n"
        ".TP\n\\fBNO_COLOR\\fR\nIf set and not empty, \\fB\\-\\-color auto\\fR means never.\n"
        ".SH FILES\n"
        ".TP\n\\fI/run/superd/control.sock\\fR\nThe control socket of the system's superd.\n"
        ".TP\n\\fI$XDG_RUNTIME_DIR/superd/control.sock\\fR\n"
        "That of a user's own, which is preferred if it exists.\n";
    append_examples(out);
    out += ".SH SEE ALSO\n.BR superd (8),\n.BR superd.unit (5),\n.BR org.superd (5)\n";
    return out;
}

}  // namespace superctl
