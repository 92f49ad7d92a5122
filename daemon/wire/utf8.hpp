// Which bytes are UTF-8, of texts that anybody may have written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace superd::wire {

// The length of the well-formed UTF-8 sequence of several bytes that `text` begins with, 0 if it
// begins with none: overlong forms, surrogates and what is beyond U+10FFFF are not.
std::size_t sequence_length(std::string_view text);

// U+FFFD, which stands for what is not UTF-8.
inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The text, with that in place of each byte that belongs to no character.
std::string well_formed(std::string_view text);

}  // namespace superd::wire
