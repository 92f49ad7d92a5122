// The little of D-Bus's message format that superctl needs, as it is a static program that starts
// fast: calls without arguments, and answers of one text, or of descriptors beside the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace superctl {

struct BusCall {
    std::uint32_t serial = 1;
    std::string_view destination, path, interface, member;
    bool interactive = false;  // The caller waits while somebody types a password.
};

std::string serialize(const BusCall& call);

struct BusAnswer {
    enum class Type : std::uint8_t { invalid, call, done, error, signal };
    Type type = Type::invalid;
    std::uint32_t reply_to = 0;     // The call's serial.
    std::string error;              // Its name.
    std::string text;               // The body, if that begins with a text.
    std::uint32_t descriptors = 0;  // How many came with it.
};

// D-Bus's own bound.
inline constexpr std::size_t bus_message_max = std::size_t{128} << 20;

// How long the message is whose first 16 bytes these are; empty: this is no message. Needs
// 16 bytes at least.
std::optional<std::size_t> bus_message_size(std::string_view begin);

// Empty for what is no message of this machine's byte order. `bytes`: all of one.
std::optional<BusAnswer> parse_bus_message(std::string_view bytes);

}  // namespace superctl
