// Values and files of TOML, as units have them.
#pragma once

#include "ctl/import/draft.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// A basic string: "a \"b\"". What is no UTF-8 becomes U+FFFD.
std::string toml_string(std::string_view text);
// The same, where superd replaces ${NAME}: so that it stands for the text itself.
std::string toml_literal(std::string_view text);
// "1min 30s"
std::string toml_duration(std::chrono::nanoseconds time);
std::string toml_strings(std::span<const std::string> texts);

// Text in which ${NAME} is to stay as it is: each "${" becomes "$${".
std::string escape_references(std::string_view text);

// The whole file, with a comment for each of the unit's notes where it belongs.
std::string print_unit(const Draft& unit, std::string_view command);

// A note as a line for people: "web.service:12: not translated: PrivateTmp=true: ...".
std::string describe(const Note& note);

}  // namespace superctl::importing
