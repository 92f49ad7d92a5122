#include "ctl/terminal_text.hpp"

#include "wire/utf8.hpp"

#include <cstddef>

namespace superctl {

namespace {

constexpr char escape = '\x1B';

// U+0080 to U+009F: "\u009b" begins a command as well as "\033[" does.
bool is_wide_control(std::string_view sequence) {
    return sequence.size() == 2 && sequence[0] == '\xC2' &&
           static_cast<unsigned char>(sequence[1]) < 0xA0;
}

// Appends what `text` begins with, replaced where it controls a terminal; returns how long it is.
std::size_t append_one(std::string& out, std::string_view text) {
    if (const auto length = superd::wire::sequence_length(text); length > 0) {
        const auto sequence = text.substr(0, length);
        out += is_wide_control(sequence) ? "\xC2\xBF" : sequence;
        return length;
    }
    const auto c = static_cast<unsigned char>(text.front());
    // Outside of UTF-8 these are what U+0080 to U+009F are in it.
    const bool controls = c < 0x20 || (c >= 0x7F && c < 0xA0);
    out += controls ? '?' : text.front();
    return 1;
}

// The length of the change of colour or weight that `text` begins with: "\033[1;31m". 0: none.
std::size_t rendition_length(std::string_view text) {
    if (!text.starts_with("\033[")) return 0;
    const auto end = text.find_first_not_of("0123456789;:", 2);
    return end != text.npos && text[end] == 'm' ? end + 1 : 0;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        if (text.front() == '\t') {
            out += ' ';
            text.remove_prefix(1);
        } else {
            text.remove_prefix(append_one(out, text));
        }
    }
    return out;
}

std::string for_terminal(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::size_t length = 0;
        if (text.front() == escape) length = rendition_length(text);
        if (text.front() == '\t' || text.front() == '\n') length = 1;
        if (text.starts_with("\r\n")) length = 2;
        if (length > 0) {
            out += text.substr(0, length);
        } else {
            length = append_one(out, text);
        }
        text.remove_prefix(length);
    }
    return out;
}

}  // namespace superctl
