#include "ctl/bus.hpp"

#include "ctl/bus_message.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

namespace superctl {

namespace {

constexpr std::size_t descriptors_max = 16;

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

// The bytes and descriptors that come from the bus.
class Stream {
public:
    explicit Stream(int socket) : socket_{socket} {}

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // A line of the authentication, without its end.
    std::optional<std::string> line() {
        constexpr std::size_t line_max = 16'384;
        std::size_t end = 0;
        while ((end = bytes_.find("\r\n")) == bytes_.npos) {
            if (bytes_.size() > line_max || !receive()) return {};
        }
        auto line = bytes_.substr(0, end);
        bytes_.erase(0, end + 2);
        return line;
    }

    std::optional<BusAnswer> answer(std::uint32_t serial) {
        for (;;) {
            auto message = next();
            if (!message) return {};
            const bool is_answer =
                message->type == BusAnswer::Type::done || message->type == BusAnswer::Type::error;
            if (is_answer && message->reply_to == serial) return message;
        }
    }

    // The first descriptor that came.
    std::optional<Socket> take_descriptor() {
        if (descriptors_.empty()) return {};
        Socket first{std::move(descriptors_.front())};
        descriptors_.clear();
        return first;
    }

private:
    std::optional<BusAnswer> next() {
        constexpr std::size_t head = 16;
        while (bytes_.size() < head) {
            if (!receive()) return {};
        }
        const auto size = bus_message_size(bytes_);
        if (!size) return {};
        while (bytes_.size() < *size) {
            if (!receive()) return {};
        }
        auto message = parse_bus_message(std::string_view{bytes_}.substr(0, *size));
        bytes_.erase(0, *size);
        return message;
    }

    bool receive() {
        std::array<char, 4096> chunk;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))> control;
        iovec bytes{chunk.data(), chunk.size()};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        ssize_t count = 0;
        do count = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
        while (count < 0 && errno == EINTR);
        if (count <= 0) return false;
        for (auto* each = CMSG_FIRSTHDR(&message); each != nullptr;
             each = CMSG_NXTHDR(&message, each)) {
            if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
            const auto many = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < many; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
                descriptors_.emplace_back(fd);
            }
        }
        bytes_.append(chunk.data(), static_cast<std::size_t>(count));
        return true;
    }

    int socket_;
    std::string bytes_;
    std::vector<Socket> descriptors_;
};

// As the user that the kernel says superctl is.
std::optional<Failure> authenticate(Stream& stream) {
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

std::expected<BusAnswer, Failure> call(Stream& stream, const BusCall& call) {
    if (!stream.send(serialize(call))) return std::unexpected{no_bus("the bus hung up")};
    auto answer = stream.answer(call.serial);
    if (!answer) return std::unexpected{no_bus("the bus does not answer, or hung up")};
    if (answer->type == BusAnswer::Type::error) return std::unexpected{failure_of(*answer)};
    return std::move(*answer);
}

std::expected<Socket, Failure> connect_to_bus(const std::string& address, const timeval& patience) {
    int error = 0;
    for (const auto& place : places_of(address)) {
        Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
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
                                                     const timeval& patience) {
    auto bus = connect_to_bus(address, patience);
    if (!bus) return std::unexpected{bus.error()};
    Stream stream{bus->get()};
    if (auto failure = authenticate(stream)) return std::unexpected{*failure};
    constexpr std::string_view driver = "org.freedesktop.DBus";
    const auto hello = call(stream, {1, driver, "/org/freedesktop/DBus", driver, "Hello", false});
    if (!hello) return std::unexpected{hello.error()};
    const auto opened = call(stream, {2, "org.superd", "/org/superd/manager", "org.superd.Manager1",
                                      "OpenControl", true});
    if (!opened) return std::unexpected{opened.error()};
    auto control = stream.take_descriptor();
    if (!control) return std::unexpected{no_bus("the answer came without a connection")};
    return BusConnection{std::move(*bus), std::move(*control)};
}

}  // namespace superctl
