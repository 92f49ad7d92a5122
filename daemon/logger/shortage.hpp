// Choosing what is dropped, and saying why.
#pragma once

#include "logger/line.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace superd::logger {

// The lines at the front of `bytes` that are at least `wanted` bytes, or all there
// are. A piece of a line is not counted: its rest will be.
struct Oldest {
    std::size_t bytes = 0;
    std::uint64_t lines = 0;
};
Oldest oldest_lines(std::string_view bytes, std::size_t wanted, Rest rest);

// Why lines were dropped, for people.
std::string describe(int error);

}  // namespace superd::logger
