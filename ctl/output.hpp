// What superctl prints, and where: results on standard output, all else on
// standard error.
#pragma once

#include "ctl/command.hpp"
#include "ctl/terminal_text.hpp"

#include <string>
#include <string_view>

namespace superctl {

// "superctl: cannot …: cause", and what to do next below it.
std::string describe(const Failure& failure);

// All of `text`, at once. False if nobody takes it: a closed pipe, a full disk.
bool print(std::string_view text);
// What superctl ends with when all is printed that was to be: `code`; but if print failed, and not
// because the reader has gone, it says so, and that is no success.
ExitCode after_output(ExitCode code);
void complain(std::string_view text);
// Prints the failure and returns its code.
ExitCode complain(const Failure& failure);

// Escape sequences, or nothing where colours are not wanted.
class Style {
public:
    explicit Style(bool colored) : colored_{colored} {}

    std::string bold(std::string_view text) const { return wrap("1", text); }
    std::string faint(std::string_view text) const { return wrap("2", text); }
    // Green for what is well, yellow for what is on its way, red for what failed.
    std::string state(std::string_view state, std::string_view text) const;

private:
    std::string wrap(std::string_view code, std::string_view text) const;
    bool colored_;
};

// As --color says; auto looks at the terminal and at NO_COLOR.
Style style_for(const Invocation& invocation);

// Columns of the terminal on standard output; 0 if it is none.
unsigned terminal_width();
bool stdout_is_terminal();
bool stderr_is_terminal();

// How many columns the text takes: one a code point.
std::size_t width(std::string_view text);

}  // namespace superctl
