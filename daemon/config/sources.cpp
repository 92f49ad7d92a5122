#include "config/load.hpp"

#include <algorithm>
#include <cstdint>

namespace superd::config {

namespace {

constexpr std::string_view magic = "superd sources 3\n";
constexpr std::size_t number_bytes = 8;

void append_number(std::string& out, std::uint64_t number) {
    for (std::size_t i = 0; i < number_bytes; ++i)
        out += static_cast<char>(number >> (8 * i) & 0xFF);
}

void append_text(std::string& out, std::string_view text) {
    append_number(out, text.size());
    out += text;
}

// FNV-1a: finds damage, not malice; the file is superd's own.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
    return hash;
}

// Takes values off the front of bytes that may be anything.
class Reader {
public:
    explicit Reader(std::string_view bytes) : left_{bytes} {}

    std::uint64_t number() {
        const auto bytes = take(number_bytes);
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        }
        return number;
    }
    std::string text() { return std::string{take(number())}; }
    std::string_view take(std::uint64_t count) {
        if (count > left_.size()) {
            good_ = false;
            left_ = {};
            return {};
        }
        const auto taken = left_.substr(0, static_cast<std::size_t>(count));
        left_.remove_prefix(taken.size());
        return taken;
    }
    bool good() const { return good_; }
    bool done() const { return good_ && left_.empty(); }

private:
    std::string_view left_;
    bool good_ = true;
};

}  // namespace

std::string Sources::serialize() const {
    std::size_t size = magic.size() + 4 * number_bytes;
    for (const auto& file : files) size += 2 * number_bytes + file.name.size() + file.text.size();
    std::string out;
    out.reserve(size);
    out += magic;
    append_number(out, cores);
    append_number(out, profiles.size());
    for (const auto& profile : profiles) append_text(out, profile);
    append_number(out, files.size());
    for (const auto& file : files) {
        append_text(out, file.name);
        append_text(out, file.text);
    }
    append_number(out, checksum(out));
    return out;
}

Result<Sources> Sources::deserialize(std::string_view bytes) {
    const auto damaged = [] {
        return fail(std::errc::bad_message, "read the accepted configuration");
    };
    if (!bytes.starts_with(magic) || bytes.size() < magic.size() + 2 * number_bytes)
        return damaged();
    const auto body = bytes.substr(0, bytes.size() - number_bytes);
    if (Reader{bytes.substr(body.size())}.number() != checksum(body)) return damaged();
    Reader reader{body.substr(magic.size())};
    Sources sources;
    sources.cores = static_cast<std::uint32_t>(reader.number());
    const auto profiles = reader.number();
    for (std::uint64_t i = 0; i < profiles && reader.good(); ++i) {
        sources.profiles.push_back(reader.text());
    }
    const auto count = reader.number();
    for (std::uint64_t i = 0; i < count && reader.good(); ++i) {
        auto name = reader.text();
        auto text = reader.text();
        sources.files.push_back({std::move(name), std::move(text)});
    }
    if (!reader.done()) return damaged();
    return sources;
}

}  // namespace superd::config
