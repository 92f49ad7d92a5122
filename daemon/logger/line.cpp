#include "logger/line.hpp"

#include <cstring>

namespace superd::logger {

std::optional<Line> LineCutter::next() {
    const char* const start = bytes_.data() + consumed_;
    const std::size_t left = bytes_.size() - consumed_;
    if (left == 0) return std::nullopt;
    // A line of exactly line_max is whole, hence the one byte more.
    const std::size_t searched = left > line_max ? line_max + 1 : left;
    if (const void* newline = std::memchr(start, '\n', searched)) {
        const auto size = static_cast<std::size_t>(static_cast<const char*>(newline) - start);
        consumed_ += size + 1;
        return Line{{start, size}, false};
    }
    if (left > line_max) {
        consumed_ += line_max;
        return Line{{start, line_max}, true};
    }
    if (rest_ == Rest::keep) return std::nullopt;
    consumed_ += left;
    return Line{{start, left}, rest_ == Rest::piece};
}

}  // namespace superd::logger
