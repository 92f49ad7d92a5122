// Where a listener listens, as a unit writes it: "tcp://127.0.0.1:8080", "udp://[::1]:53",
// "unix:/run/shop.sock".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace superd::config {

enum class Transport : std::uint8_t { tcp, udp, unix_stream };

struct ListenAddress {
    Transport transport = Transport::tcp;
    std::string host;  // tcp, udp: a literal without brackets, or "*": every address of both kinds.
    std::uint16_t port = 0;
    std::string path;  // unix
    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// The error completes `cannot use listen.http = "tcp:8080": `.
std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text);

// Whether the kernel would refuse the second of them.
bool overlap(const ListenAddress& one, const ListenAddress& other);

}  // namespace superd::config
