// What services and unit files wrote, made harmless to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace superctl {

// On one line: control characters become '?', or '¿' where they take two bytes; a tab a space.
std::string printable(std::string_view text);

// The same of whole lines, as they were written: their ends stay, and tabs and colours.
std::string for_terminal(std::string_view text);

}  // namespace superctl
