#include "wire/utf8.hpp"

namespace superd::wire {

namespace {

bool continues(unsigned char c) { return (c & 0xC0) == 0x80; }

}  // namespace

std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i])
                               : static_cast<unsigned char>(0);
    };
    const unsigned char first = at(0), second = at(1);
    if (first >= 0xC2 && first <= 0xDF) return continues(second) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0 && second < 0xA0) return 0;
        if (first == 0xED && second > 0x9F) return 0;
        return continues(second) && continues(at(2)) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0 && second < 0x90) return 0;
        if (first == 0xF4 && second > 0x8F) return 0;
        return continues(second) && continues(at(2)) && continues(at(3)) ? 4 : 0;
    }
    return 0;
}

std::string well_formed(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool plain = static_cast<unsigned char>(text.front()) < 0x80;
        const std::size_t length = plain ? 1 : sequence_length(text);
        out += length == 0 ? replacement : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace superd::wire
