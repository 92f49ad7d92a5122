// Cutting a service's bytes into lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace superd::logger {

// A longer line is cut into pieces of this size, so that a service that never
// ends a line costs no more memory than others.
inline constexpr std::size_t line_max = 16 * 1024;

// One line without its newline, or one piece of a long one.
struct Line {
    std::string_view text;
    bool partial = false;  // The line goes on in the next one of its stream.
};

// What to do with bytes after the last newline.
enum class Rest : unsigned char {
    keep,   // They stay where they are until their line is complete.
    piece,  // There is no room for more: give them as a piece.
    line,   // Nothing follows: give them as a line.
};

// Cuts `bytes` into lines from the front. Keeps nothing between two cutters:
// what `consumed` does not count is to be given to the next one again.
class LineCutter {
public:
    LineCutter(std::string_view bytes, Rest rest) : bytes_{bytes}, rest_{rest} {}

    // The next line; none when what is left is not a line yet.
    std::optional<Line> next();
    // Bytes taken by the lines given so far, newlines included.
    std::size_t consumed() const { return consumed_; }

private:
    std::string_view bytes_;
    std::size_t consumed_ = 0;
    Rest rest_;
};

}  // namespace superd::logger
