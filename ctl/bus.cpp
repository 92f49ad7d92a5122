#include "ctl/bus.hpp"

#include "ctl/bus_message.hpp"
#include "ctl/bus_stream.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

namespace superctl {

namespace {

using Clock = std::chrono::steady_clock;

Failure unreachable(std::string cause, std::string hint) {
    return {ExitCode::unreachable, "cannot reach superd on D-Bus: " + std::move(cause),
            std::move(hint)};
}

Failure no_bus(const std::string& cause) {
    return unreachable(cause,
                       "DBUS_SYSTEM_BUS_ADDRESS, with --user DBUS_SESSION_BUS_ADDRESS, "
                       "names another bus; without --bus superctl needs none");
}

// "%2f" as a byte.
std::string unescaped(std::string_view text) {
    const auto digit = [](char c) {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto at = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
        return at == digits.npos ? 0 : static_cast<int>(at);
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Takes what is before the separator off the front.
std::string_view take_part(std::string_view& text, char separator) {
    const auto part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return part;
}

std::optional<BusPlace> place_of(std::string_view part) {
    constexpr std::string_view scheme = "unix:";
    if (!part.starts_with(scheme)) return {};
    part.remove_prefix(scheme.size());
    while (!part.empty()) {
        const auto pair = take_part(part, ',');
        const auto key = pair.substr(0, pair.find('='));
        if (key != "path" && key != "abstract") continue;
        auto name = unescaped(pair.substr(std::min(pair.size(), key.size() + 1)));
        if (key == "abstract") name.insert(0, 1, '\0');
        BusPlace place;
        place.address.sun_family = AF_UNIX;
        if (name.empty() || name.size() >= sizeof place.address.sun_path) return {};
        std::memcpy(place.address.sun_path, name.data(), name.size());
        place.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                            (key == "path" ? 1 : 0));
        return place;
    }
    return {};
}

// What is left of the time, for one operation of the kernel's; never 0, which would mean for ever.
timeval patience_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const auto time = std::max(left, std::chrono::milliseconds{1});
    return {time.count() / 1000, time.count() % 1000 * 1000};
}

// As the user that the kernel says superctl is.
std::optional<Failure> authenticate(BusStream& stream) {
    std::string uid;
    for (const char c : std::to_string(::geteuid())) {
        constexpr std::string_view digits = "0123456789abcdef";
        uid += digits[static_cast<unsigned char>(c) >> 4];
        uid += digits[static_cast<unsigned char>(c) & 0xF];
    }
    const std::string nothing(1, '\0');
    if (!stream.send(nothing + "AUTH EXTERNAL " + uid + "\r\n")) return no_bus("it hung up");
    const auto accepted = stream.line();
    if (!accepted) return no_bus("the bus does not answer");
    if (!accepted->starts_with("OK")) return no_bus("the bus does not let this user in");
    if (!stream.send("NEGOTIATE_UNIX_FD\r\n")) return no_bus("it hung up");
    const auto agreed = stream.line();
    if (!agreed || !agreed->starts_with("AGREE_UNIX_FD")) {
        return no_bus("the bus passes no descriptors");
    }
    if (!stream.send("BEGIN\r\n")) return no_bus("it hung up");
    return {};
}

Failure failure_of(const BusAnswer& answer) {
    const std::string prefix = "org.freedesktop.DBus.Error.";
    if (answer.error == prefix + "ServiceUnknown" || answer.error == prefix + "NameHasNoOwner") {
        return unreachable("nobody is org.superd there",
                           "is superd running, and [bus] address in its superd.toml not \"off\"?");
    }
    const auto code =
        answer.error == prefix + "AccessDenied" ? ExitCode::not_permitted : ExitCode::unreachable;
    return {code, "cannot reach superd on D-Bus: " + answer.text, answer.error};
}

std::expected<BusAnswer, Failure> call(BusStream& stream, const BusCall& call) {
    if (!stream.send(serialize(call))) return std::unexpected{no_bus("the bus hung up")};
    auto answer = stream.answer(call.serial);
    if (!answer) return std::unexpected{no_bus("the bus does not answer, or hung up")};
    if (answer->type == BusAnswer::Type::error) return std::unexpected{failure_of(*answer)};
    return std::move(*answer);
}

std::expected<Socket, Failure> connect_to_bus(const std::string& address,
                                              Clock::time_point deadline) {
    int error = 0;
    for (const auto& place : places_of(address)) {
        Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        // Bounds connect(2) too.
        const timeval patience = patience_until(deadline);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const auto* const generic = reinterpret_cast<const sockaddr*>(&place.address);
        if (::connect(socket.get(), generic, place.size) == 0) return socket;
        error = errno;
    }
    if (error == 0) return std::unexpected{no_bus("\"" + address + "\" names no Unix socket")};
    return std::unexpected{no_bus(address + ": " + std::strerror(error))};
}

}  // namespace

std::vector<BusPlace> places_of(std::string_view address) {
    std::vector<BusPlace> places;
    while (!address.empty()) {
        if (const auto place = place_of(take_part(address, ';'))) places.push_back(*place);
    }
    return places;
}

std::expected<BusConnection, Failure> connect_by_bus(const std::string& address,
                                                     Clock::time_point deadline) {
    auto bus = connect_to_bus(address, deadline);
    if (!bus) return std::unexpected{bus.error()};
    BusStream stream{bus->get(), deadline};
    if (auto failure = authenticate(stream)) return std::unexpected{*failure};
    constexpr std::string_view driver = "org.freedesktop.DBus";
    const auto hello = call(stream, {1, driver, "/org/freedesktop/DBus", driver, "Hello", false});
    if (!hello) return std::unexpected{hello.error()};
    const auto opened = call(stream, {2, "org.superd", "/org/superd/manager", "org.superd.Manager1",
                                      "OpenControl", true});
    // The bus has answered before: it is superd that does not.
    if (!opened && stream.out_of_time()) {
        return std::unexpected{Failure{ExitCode::timeout,
                                       "cannot wait any longer for superd's answer on D-Bus",
                                       "it may be busy or be restarting; try again"}};
    }
    if (!opened) return std::unexpected{opened.error()};
    auto control = stream.take_descriptor();
    if (!control) return std::unexpected{no_bus("the answer came without a connection")};
    return BusConnection{std::move(*bus), std::move(*control)};
}

}  // namespace superctl
