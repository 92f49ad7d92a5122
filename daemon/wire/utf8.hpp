// Which bytes are UTF-8, of texts that anybody may have written.
#pragma once

#include <cstddef>
#include <string_view>

namespace superd::wire {

// The length of the well-formed UTF-8 sequence of several bytes that `text` begins with, 0 if it
// begins with none: overlong forms, surrogates and what is beyond U+10FFFF are not.
std::size_t sequence_length(std::string_view text);

}  // namespace superd::wire
