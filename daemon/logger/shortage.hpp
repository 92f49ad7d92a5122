// Choosing what is dropped, and saying why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace superd::logger {

// The lines at the front of `bytes`, whole ones as far as there are newlines, that
// are at least `wanted` bytes, or all.
struct Oldest {
    std::size_t bytes = 0;
    std::uint64_t lines = 0;
};
Oldest oldest_lines(std::string_view bytes, std::size_t wanted);

// Why lines were dropped, for people.
std::string describe(int error);

}  // namespace superd::logger
