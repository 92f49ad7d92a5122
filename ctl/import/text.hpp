// Small things that all formats need of text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace superctl::importing {

// Without spaces, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);
std::string lowered(std::string_view text);
// At spaces and tabs, without quoting.
std::vector<std::string_view> words_of(std::string_view text);
// At each `separator`; each part trimmed.
std::vector<std::string_view> parts_of(std::string_view text, char separator);
// Lines without their ends; "\r\n" ends one too.
std::vector<std::string_view> lines_of(std::string_view text);
std::optional<std::int64_t> parse_number(std::string_view text);
// yes, true, on, 1 and no, false, off, 0.
std::optional<bool> parse_truth(std::string_view text);
// Permissions as superd writes them: "0022" for 22, and 022 as it is; nothing for what is no octal
// number, or has a bit set beyond these.
std::optional<std::string> octal_mode(std::string_view text);
// What a file's path ends with: "web.service".
std::string_view file_name(std::string_view path);
// Letters, digits and _, no digit first.
bool is_variable(std::string_view name);

// As a word that sh(1) takes as it is: 'it'\''s', or plain where that is the same.
std::string shell_quote(std::string_view word);

// "SIGTERM" for TERM, SIGTERM and 15; nothing for what superd knows no name of.
std::optional<std::string> signal_name(std::string_view text);

}  // namespace superctl::importing
