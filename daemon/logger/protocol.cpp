// The encoding: a version byte, a kind byte, then the fields in order. Numbers
// are LEB128 (a Serve of thousands of short names fits one packet), strings a
// length and their bytes. Both kinds of packet share one list of fields, so
// that writing and reading cannot disagree.
#include "logger/protocol.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace superd::logger {
namespace {

// Appends fields to a packet.
class Writer {
public:
    static constexpr bool reads = false;

    void number(std::uint64_t value) {
        while (value >= 0x80) {
            bytes_.push_back(static_cast<std::byte>(value | 0x80));
            value >>= 7;
        }
        bytes_.push_back(static_cast<std::byte>(value));
    }
    void text(std::string_view value) {
        number(value.size());
        const auto bytes = std::as_bytes(std::span{value});
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

// Takes fields off a packet. After the first bad one all read as empty.
class Reader {
public:
    static constexpr bool reads = true;

    explicit Reader(std::span<const std::byte> bytes) : rest_{bytes} {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = std::to_integer<std::uint64_t>(rest_.front());
            rest_ = rest_.subspan(1);
            if (shift == 63 && byte > 1) break;
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        return bad();
    }
    std::string text() {
        const std::uint64_t size = number();
        if (size > rest_.size()) return bad(), std::string{};
        std::string value(reinterpret_cast<const char*>(rest_.data()), size);
        rest_ = rest_.subspan(size);
        return value;
    }
    // A list of at most as many items as there are bytes left: each takes one.
    std::uint64_t count() {
        const std::uint64_t items = number();
        return items <= rest_.size() ? items : bad();
    }
    std::uint64_t bad() {
        failed_ = true;
        rest_ = {};
        return 0;
    }
    bool complete() const { return !failed_ && rest_.empty(); }

private:
    std::span<const std::byte> rest_;
    bool failed_ = false;
};

// One field, written or read. `most` refuses what its type cannot hold.
template <class Coder, class Number>
void number(Coder& coder, Number& value, std::uint64_t most = UINT64_MAX) {
    if constexpr (Coder::reads) {
        const std::uint64_t read = coder.number();
        const auto narrow = static_cast<Number>(read);
        if (read > most || static_cast<std::uint64_t>(narrow) != read) {
            coder.bad();
            return;
        }
        value = narrow;
    } else {
        coder.number(static_cast<std::uint64_t>(value));
    }
}

template <class Coder>
void text(Coder& coder, std::string& value) {
    if constexpr (Coder::reads) {
        value = coder.text();
    } else {
        coder.text(value);
    }
}

template <class Coder, class Item, class Each>
void list(Coder& coder, std::vector<Item>& items, Each each) {
    if constexpr (Coder::reads) {
        items.resize(coder.count());
    } else {
        coder.number(items.size());
    }
    for (Item& item : items) each(item);
}

template <class Coder>
void fields(Coder& coder, Policy& policy) {
    number(coder, policy.format, 1);
    number(coder, policy.when_full, 1);
    number(coder, policy.compress, 1);
    number(coder, policy.foreground, 1);
    number(coder, policy.foreground_format, 1);
    number(coder, policy.target, 2);
    number(coder, policy.size_max);
    auto age = policy.age_max.count();
    number(coder, age, INT64_MAX);
    policy.age_max = std::chrono::seconds{age};
    number(coder, policy.keep);
    number(coder, policy.tail);
}
template <class Coder>
void fields(Coder& coder, Open& open) {
    number(coder, open.run);
    number(coder, open.pid, INT32_MAX);
    number(coder, open.index);
    text(coder, open.unit);
    fields(coder, open.policy);
    text(coder, open.ready_pattern);
    text(coder, open.label);
}
template <class Coder>
void fields(Coder& coder, Drain& drain) {
    number(coder, drain.run);
}
template <class Coder>
void fields(Coder& coder, Close& close) {
    number(coder, close.run);
}
template <class Coder>
void fields(Coder& coder, Serve& serve) {
    list(coder, serve.sources, [&](Serve::Source& source) {
        text(coder, source.unit);
        number(coder, source.index);
    });
    number(coder, serve.lines);
    number(coder, serve.follow, 1);
    number(coder, serve.json, 1);
    text(coder, serve.stream);
    number(coder, serve.since_ns);
}
template <class Coder>
void fields(Coder&, Reopen&) {}
template <class Coder>
void fields(Coder& coder, Tail& tail) {
    number(coder, tail.run);
    list(coder, tail.lines, [&](std::string& line) { text(coder, line); });
}
template <class Coder>
void fields(Coder& coder, Closed& closed) {
    number(coder, closed.run);
}
template <class Coder>
void fields(Coder& coder, Matched& matched) {
    number(coder, matched.run);
}
template <class Coder>
void fields(Coder& coder, Dropped& dropped) {
    text(coder, dropped.unit);
    number(coder, dropped.index);
    number(coder, dropped.lines);
    text(coder, dropped.cause);
}
template <class Coder>
void fields(Coder& coder, Trouble& trouble) {
    text(coder, trouble.text);
}

template <class Message>
std::vector<std::byte> encode_any(const Message& message) {
    Writer writer;
    writer.number(protocol_version);
    writer.number(message.index());
    // The list of fields is shared with reading, hence the copy that may be changed.
    std::visit([&](auto copy) { fields(writer, copy); }, message);
    std::vector<std::byte> packet = writer.take();
    if (packet.size() > packet_max) packet.clear();
    return packet;
}

template <class Message, std::size_t kind = 0>
bool decode_kind(Reader& reader, std::uint64_t wanted, Message& message) {
    if constexpr (kind < std::variant_size_v<Message>) {
        if (wanted != kind) return decode_kind<Message, kind + 1>(reader, wanted, message);
        fields(reader, message.template emplace<kind>());
        return true;
    } else {
        return false;
    }
}

template <class Message>
Result<Message> decode_any(std::span<const std::byte> packet, const char* what) {
    if (packet.size() > packet_max) return fail(std::errc::message_size, what);
    Reader reader{packet};
    if (reader.number() != protocol_version) return fail(std::errc::protocol_not_supported, what);
    Message message;
    if (!decode_kind(reader, reader.number(), message) || !reader.complete())
        return fail(std::errc::bad_message, what);
    return message;
}

}  // namespace

std::vector<std::byte> encode(const Request& request) { return encode_any(request); }

std::vector<std::byte> encode(const Reply& reply) {
    std::vector<std::byte> packet = encode_any(reply);
    const Tail* tail = std::get_if<Tail>(&reply);
    if (!packet.empty() || tail == nullptr) return packet;
    // The newest lines that fit are worth more than none.
    Tail shorter = *tail;
    const auto half = static_cast<std::ptrdiff_t>(shorter.lines.size() / 2 + 1);
    shorter.lines.erase(
        shorter.lines.begin(),
        shorter.lines.begin() + std::min(half, static_cast<std::ptrdiff_t>(shorter.lines.size())));
    return encode(Reply{std::move(shorter)});
}

Result<Request> decode_request(std::span<const std::byte> packet) {
    return decode_any<Request>(packet, "read a packet for the logger");
}

Result<Reply> decode_reply(std::span<const std::byte> packet) {
    return decode_any<Reply>(packet, "read a packet from the logger");
}

}  // namespace superd::logger
