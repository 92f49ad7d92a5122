#include "ctl/bus_message.hpp"

#include <bit>
#include <cstring>

namespace superctl {

namespace {

constexpr char order = std::endian::native == std::endian::little ? 'l' : 'B';
constexpr char version = 1;
constexpr std::size_t head_bytes = 16;
constexpr char interactive_flag = 4;
enum Field : char {
    path_field = 1,
    interface_field,
    member_field,
    error_field,
    reply_field,
    destination_field,
    sender_field,
    signature_field,
    descriptors_field,
};

constexpr std::size_t aligned(std::size_t at, std::size_t to) { return (at + to - 1) / to * to; }

void pad(std::string& out, std::size_t to) { out.resize(aligned(out.size(), to)); }

void append(std::string& out, std::uint32_t number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    out.append(bytes, sizeof number);
}

void append_field(std::string& out, char code, char type, std::string_view text) {
    pad(out, 8);
    out += {code, 1, type, 0};
    append(out, static_cast<std::uint32_t>(text.size()));
    out += text;
    out += '\0';
}

// Takes values off the front of a message; once something does not fit, nothing does.
class Reader {
public:
    explicit Reader(std::string_view bytes, std::size_t at = 0) : bytes_{bytes}, at_{at} {}

    bool good() const { return good_; }
    std::size_t at() const { return at_; }
    void align(std::size_t to) { skip(aligned(at_, to) - at_); }

    std::uint8_t byte() {
        const auto taken = take(1);
        return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
    }
    std::uint32_t number() {
        align(4);
        std::uint32_t value = 0;
        const auto taken = take(sizeof value);
        if (!taken.empty()) std::memcpy(&value, taken.data(), sizeof value);
        return value;
    }
    std::string_view text(std::size_t size) {
        const auto taken = take(size);
        if (byte() != 0) good_ = false;
        return taken;
    }

private:
    void skip(std::size_t count) { take(count); }
    std::string_view take(std::size_t count) {
        if (!good_ || count > bytes_.size() - at_) {
            good_ = false;
            return {};
        }
        at_ += count;
        return bytes_.substr(at_ - count, count);
    }

    std::string_view bytes_;
    std::size_t at_;
    bool good_ = true;
};

// One header field, whose value is of a basic type.
void read_field(Reader& reader, BusAnswer& answer, std::string& signature) {
    reader.align(8);
    const auto code = static_cast<char>(reader.byte());
    const auto type = reader.text(reader.byte());
    if (type == "u") {
        const auto value = reader.number();
        if (code == reply_field) answer.reply_to = value;
        if (code == descriptors_field) answer.descriptors = value;
    } else if (type == "g") {
        const auto value = reader.text(reader.byte());
        if (code == signature_field) signature = value;
    } else if (type == "s" || type == "o") {
        const auto value = reader.text(reader.number());
        if (code == error_field) answer.error = value;
    } else {
        reader.text(std::string_view::npos);  // No field has such a type.
    }
}

}  // namespace

std::string serialize(const BusCall& call) {
    std::string fields;
    append_field(fields, path_field, 'o', call.path);
    append_field(fields, interface_field, 's', call.interface);
    append_field(fields, member_field, 's', call.member);
    append_field(fields, destination_field, 's', call.destination);
    std::string out{order, static_cast<char>(BusAnswer::Type::call),
                    call.interactive ? interactive_flag : '\0', version};
    append(out, 0);  // No body.
    append(out, call.serial);
    append(out, static_cast<std::uint32_t>(fields.size()));
    out += fields;
    pad(out, 8);
    return out;
}

std::optional<std::size_t> bus_message_size(std::string_view begin) {
    if (begin.size() < head_bytes || begin[0] != order || begin[3] != version) return {};
    Reader reader{begin, 4};
    const std::size_t body = reader.number();
    reader.number();
    const std::size_t fields = reader.number();
    const auto size = aligned(head_bytes + fields, 8) + body;
    if (size > bus_message_max) return {};
    return size;
}

std::optional<BusAnswer> parse_bus_message(std::string_view bytes) {
    const auto size = bus_message_size(bytes);
    if (!size || *size != bytes.size()) return {};
    BusAnswer answer;
    const auto type = static_cast<std::uint8_t>(bytes[1]);
    if (type > static_cast<std::uint8_t>(BusAnswer::Type::signal)) return {};
    answer.type = static_cast<BusAnswer::Type>(type);
    Reader reader{bytes, 12};
    const auto fields_end = head_bytes + reader.number();
    std::string signature;
    while (reader.good() && reader.at() < fields_end) read_field(reader, answer, signature);
    if (!reader.good() || reader.at() != fields_end) return {};
    if (!signature.starts_with('s')) return answer;
    reader.align(8);
    answer.text = reader.text(reader.number());
    return reader.good() ? std::optional{answer} : std::nullopt;
}

}  // namespace superctl
