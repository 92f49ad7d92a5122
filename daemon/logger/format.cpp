#include "logger/format.hpp"

#include <charconv>
#include <ctime>

namespace superd::logger {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void two_digits(char* at, unsigned value) {
    at[0] = static_cast<char>('0' + value / 10 % 10);
    at[1] = static_cast<char>('0' + value % 10);
}

// Bytes of the valid UTF-8 sequence at the front of `text`, 0 if there is none.
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    // The second byte's range keeps out overlong forms, surrogates and > U+10FFFF.
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < size; ++i)
        if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
    return size;
}

// Appends one character that may not stand in a JSON string as it is.
template <class Out>
void escape(unsigned char byte, Out&& put) {
    switch (byte) {
        case '"': return put(std::string_view{"\\\""});
        case '\\': return put(std::string_view{"\\\\"});
        case '\n': return put(std::string_view{"\\n"});
        case '\r': return put(std::string_view{"\\r"});
        case '\t': return put(std::string_view{"\\t"});
        default: break;
    }
    const char code[] = {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 15]};
    put(std::string_view{code, sizeof code});
}

template <class Out>
void write_json(std::string_view text, Out&& put) {
    std::size_t plain = 0;  // Bytes at the front that need nothing.
    while (plain < text.size()) {
        const auto byte = static_cast<unsigned char>(text[plain]);
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
            ++plain;
            continue;
        }
        if (byte >= 0x80) {
            if (const std::size_t size = utf8_sequence(text.substr(plain))) {
                plain += size;
                continue;
            }
        }
        put(text.substr(0, plain));
        if (byte >= 0x80) {
            put(std::string_view{"\xef\xbf\xbd"});
        } else {
            escape(byte, put);
        }
        text.remove_prefix(plain + 1);
        plain = 0;
    }
    put(text);
}

}  // namespace

std::string_view to_string(Stream stream) {
    switch (stream) {
        case Stream::out: return "out";
        case Stream::err: return "err";
        case Stream::superd: return "superd";
    }
    return "superd";
}

std::array<char, stamp_size> format_stamp(std::int64_t realtime_ns) {
    const std::time_t seconds = realtime_ns / 1'000'000'000;
    auto micros = static_cast<unsigned>(realtime_ns % 1'000'000'000 / 1'000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, stamp_size> stamp{};
    const auto year = static_cast<unsigned>(utc.tm_year + 1900);
    char* const at = stamp.data();
    two_digits(at, year / 100);
    two_digits(at + 2, year % 100);
    at[4] = at[7] = '-';
    two_digits(at + 5, static_cast<unsigned>(utc.tm_mon + 1));
    two_digits(at + 8, static_cast<unsigned>(utc.tm_mday));
    at[10] = 'T';
    two_digits(at + 11, static_cast<unsigned>(utc.tm_hour));
    two_digits(at + 14, static_cast<unsigned>(utc.tm_min));
    two_digits(at + 17, static_cast<unsigned>(utc.tm_sec));
    at[13] = at[16] = ':';
    at[19] = '.';
    for (int i = 25; i >= 20; --i, micros /= 10) at[i] = static_cast<char>('0' + micros % 10);
    at[26] = 'Z';
    return stamp;
}

Formatter::Formatter(Format format, const Origin& origin, Stream stream, std::int64_t realtime_ns)
    : format_{format} {
    const auto stamp = format_stamp(realtime_ns);
    const std::string_view time{stamp.data(), stamp.size()};
    const std::string index = std::to_string(origin.index);
    const std::string pid = std::to_string(origin.pid);
    if (format == Format::text) {
        whole_.append(time).append(" ").append(origin.unit).append("/").append(index);
        whole_.append("[").append(pid).append("] ").append(to_string(stream));
        const std::string label =
            origin.label.empty() ? "" : "[" + std::string{origin.label} + "] ";
        partial_ = whole_ + "+: " + label;
        whole_ += ": " + label;
        return;
    }
    whole_.append("{\"time\":\"").append(time).append("\",\"service\":\"");
    whole_.append(to_json(origin.unit)).append("\",\"instance\":").append(index);
    whole_.append(",\"pid\":").append(pid).append(",\"stream\":\"").append(to_string(stream));
    const std::string label = origin.label.empty() ? "" : "[" + to_json(origin.label) + "] ";
    partial_ = whole_ + "\",\"partial\":true,\"message\":\"" + label;
    whole_ += "\",\"message\":\"" + label;
}

bool Formatter::append(const Line& line, Buffer& out) const {
    const std::string& head = line.partial ? partial_ : whole_;
    // A byte becomes at most the six of \u00HH.
    const std::size_t text_max = line.text.size() * (format_ == Format::text ? 1 : 6);
    if (out.room() < head.size() + text_max + 3) return false;
    char* const start = out.data() + out.size();
    char* at = start;
    std::memcpy(at, head.data(), head.size());
    at += head.size();
    if (format_ == Format::text) {
        std::memcpy(at, line.text.data(), line.text.size());
        at += line.text.size();
        *at++ = '\n';
        out.resize(out.size() + static_cast<std::size_t>(at - start));
        return true;
    }
    out.resize(out.size() + head.size());
    append_json(line.text, out);
    out.append("\"}\n");
    return true;
}

void append_json(std::string_view text, Buffer& out) {
    write_json(text, [&](std::string_view bytes) { out.append(bytes); });
}

std::string to_json(std::string_view text) {
    std::string json;
    write_json(text, [&](std::string_view bytes) { json.append(bytes); });
    return json;
}

std::string printable(std::string_view text, std::size_t most) {
    std::string shown;
    shown.reserve(std::min(text.size(), most));
    while (!text.empty() && shown.size() < most) {
        const auto byte = static_cast<unsigned char>(text.front());
        const std::size_t size = utf8_sequence(text);
        // C1 controls (U+0080 to U+009F) drive terminals as ESC does.
        const bool c1 = size == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if ((byte >= 0x20 && byte != 0x7f && size > 0 && !c1) || byte == '\t') {
            if (shown.size() + size > most) break;
            shown.append(text.substr(0, size));
            text.remove_prefix(size);
            continue;
        }
        if (shown.size() + 4 > most) break;
        shown.append({'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]});
        text.remove_prefix(1);
    }
    return shown;
}

}  // namespace superd::logger
