// Text of a bounded length that needs no allocation: paths, and sentences for stderr.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace superd::keeper {

// The part of `text` before a position, and from it on; npos is its end.
// Unlike substr() they cannot throw, so that nothing of exceptions is linked.
inline std::string_view before(std::string_view text, std::size_t position) {
    return {text.data(), position < text.size() ? position : text.size()};
}
inline std::string_view from(std::string_view text, std::size_t position) {
    text.remove_prefix(position < text.size() ? position : text.size());
    return text;
}

// What does not fit is cut off, and `cut()` tells so.
template <std::size_t Size>
class Text {
public:
    Text() { bytes_[0] = '\0'; }

    const char* c_str() const { return bytes_; }
    std::string_view view() const { return {bytes_, size_}; }
    bool empty() const { return size_ == 0; }
    bool cut() const { return cut_; }

    void clear() {
        size_ = 0;
        bytes_[0] = '\0';
        cut_ = false;
    }

    Text& add(std::string_view text) {
        const std::size_t room = Size - 1 - size_;
        const std::size_t count = text.size() <= room ? text.size() : room;
        cut_ = cut_ || count < text.size();
        if (count != 0) std::memcpy(bytes_ + size_, text.data(), count);
        size_ += count;
        bytes_[size_] = '\0';
        return *this;
    }

    Text& add(std::integral auto number) {
        char digits[24];
        std::size_t at = sizeof digits;
        const bool negative = number < 0;
        auto rest = static_cast<std::uint64_t>(number);
        if (negative) rest = 0 - rest;
        do {
            digits[--at] = static_cast<char>('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (negative) digits[--at] = '-';
        return add(std::string_view{digits + at, sizeof digits - at});
    }

    template <std::size_t Other>
    Text& add(const Text<Other>& text) {
        return add(text.view());
    }

private:
    std::size_t size_ = 0;
    bool cut_ = false;
    char bytes_[Size];  // Not zeroed: only what is used becomes memory.
};

// PATH_MAX with its NUL.
using Path = Text<4096>;

}  // namespace superd::keeper
