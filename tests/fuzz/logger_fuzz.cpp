// Bytes from outside the logger: packets of its connection, output of services, and
// files that somebody else has written to.
#include "logger/format.hpp"
#include "logger/line.hpp"
#include "logger/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace superd::logger;

void require(bool condition) {
    if (!condition) std::abort();
}

// What is decoded is encoded to something that decodes to the same bytes.
template <class Message, class Decode>
void round_trip(std::span<const std::byte> packet, Decode decode) {
    const auto message = decode(packet);
    if (!message) return;
    const auto encoded = encode(Message{*message});
    const auto again = decode(encoded);
    require(again.has_value());
    require(encode(Message{*again}) == encoded);
}

// The lines hold every byte once, in order, and come back from the file as written.
void cut_and_format(std::string_view bytes, Rest rest, Format format) {
    LineCutter cutter{bytes, rest};
    const Formatter formatter{format, {"web", 7, 42}, Stream::err, 1'795'468'500'123'456'789};
    Buffer out{256 * 1024};
    std::size_t at = 0;
    while (const auto line = cutter.next()) {
        require(line->text.size() <= line_max);
        require(bytes.substr(at, line->text.size()) == line->text);
        at += line->text.size();
        if (at < cutter.consumed()) require(bytes[at++] == '\n');
        require(at == cutter.consumed());
        out.clear();
        require(formatter.append(*line, out));
        const std::string_view stored = out.view();
        require(stored.ends_with('\n') && stored.find('\n') == stored.size() - 1);
        StoredLine parsed;
        require(parse_stored(stored, parsed));
        require(parsed.partial == line->partial && parsed.pid == 42 && parsed.stream == "err");
        if (format == Format::text) require(parsed.message == line->text);
        require(printable(line->text, 512).size() <= 512);
    }
    require(rest == Rest::keep || at == bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::uint8_t kind = data[0];
    const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
    const auto packet = std::as_bytes(std::span{bytes});
    StoredLine parsed;
    switch (kind % 4) {
        case 0: round_trip<Request>(packet, decode_request); break;
        case 1: round_trip<Reply>(packet, decode_reply); break;
        case 2:
            cut_and_format(bytes, static_cast<Rest>(kind / 4 % 3),
                           kind / 16 % 2 == 0 ? Format::text : Format::json);
            break;
        default:
            if (parse_stored(bytes, parsed)) require(parse_head(bytes).has_value());
    }
    return 0;
}
