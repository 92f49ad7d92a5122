// Reading back what Formatter wrote.
#include "logger/format.hpp"

#include <charconv>

namespace superd::logger {
namespace {

// Takes `literal` off the front.
bool skip(std::string_view& rest, std::string_view literal) {
    if (!rest.starts_with(literal)) return false;
    rest.remove_prefix(literal.size());
    return true;
}

// Takes what precedes `end` off the front, and `end` too.
bool until(std::string_view& rest, char end, std::string_view& value) {
    const std::size_t at = rest.find(end);
    if (at == std::string_view::npos) return false;
    value = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return true;
}

template <class Number>
bool number(std::string_view text, Number& value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

bool parse_text(std::string_view line, StoredLine& parsed) {
    std::string_view index;
    std::string_view pid;
    if (line.size() < stamp_size + 1 || line[stamp_size - 1] != 'Z' || line[stamp_size] != ' ')
        return false;
    parsed.stamp = line.substr(0, stamp_size);
    line.remove_prefix(stamp_size + 1);
    if (!until(line, '/', parsed.unit) || !until(line, '[', index) || !until(line, ']', pid))
        return false;
    if (!number(index, parsed.index) || !number(pid, parsed.pid) || !skip(line, " ")) return false;
    if (!until(line, ':', parsed.stream) || !skip(line, " ")) return false;
    parsed.partial = parsed.stream.ends_with('+');
    if (parsed.partial) parsed.stream.remove_suffix(1);
    parsed.message = line;
    return true;
}

// Undoes the escapes that Formatter writes.
bool unescape(std::string_view text, std::string& plain) {
    plain.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            plain.push_back(text[i]);
            continue;
        }
        if (++i == text.size()) return false;
        unsigned code = 0;
        switch (text[i]) {
            case 'n': plain.push_back('\n'); break;
            case 'r': plain.push_back('\r'); break;
            case 't': plain.push_back('\t'); break;
            case 'u':
                if (text.size() - i < 5) return false;
                if (std::from_chars(text.data() + i + 1, text.data() + i + 5, code, 16).ptr !=
                    text.data() + i + 5)
                    return false;
                plain.push_back(static_cast<char>(code));
                i += 4;
                break;
            default: plain.push_back(text[i]);
        }
    }
    return true;
}

bool parse_json_head(std::string_view& line, StoredLine& parsed) {
    std::string_view index;
    std::string_view pid;
    if (!skip(line, "{\"time\":\"") || !until(line, '"', parsed.stamp)) return false;
    if (!skip(line, ",\"service\":\"") || !until(line, '"', parsed.unit)) return false;
    if (!skip(line, ",\"instance\":") || !until(line, ',', index)) return false;
    if (!skip(line, "\"pid\":") || !until(line, ',', pid)) return false;
    if (!skip(line, "\"stream\":\"") || !until(line, '"', parsed.stream)) return false;
    return parsed.stamp.size() == stamp_size && number(index, parsed.index) &&
           number(pid, parsed.pid);
}

}  // namespace

bool parse_stored(std::string_view line, StoredLine& parsed) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (!line.starts_with('{')) return parse_text(line, parsed);
    if (!parse_json_head(line, parsed)) return false;
    parsed.partial = skip(line, ",\"partial\":true");
    if (!skip(line, ",\"message\":\"") || !line.ends_with("\"}")) return false;
    line.remove_suffix(2);
    if (!unescape(line, parsed.unescaped)) return false;
    parsed.message = parsed.unescaped;
    return true;
}

std::optional<StoredHead> parse_head(std::string_view line) {
    StoredLine parsed;
    const bool json = line.starts_with('{');
    if (json ? !parse_json_head(line, parsed) : !parse_text(line, parsed)) return std::nullopt;
    return StoredHead{parsed.stamp, parsed.stream, parsed.pid};
}

}  // namespace superd::logger
