#include "ctl/client.hpp"

#include "ctl/bus.hpp"
#include "ctl/response_reader.hpp"
#include "ctl/socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <climits>

namespace superctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int attempts_max = 5;
constexpr std::chrono::seconds connect_patience{30};
// Longer than superd waits for somebody to type a password, when polkit asks for one.
constexpr std::chrono::minutes password_patience{6};

Failure unreachable(const std::string& path, int error) {
    const std::string what = "cannot reach superd at " + path + ": " + std::strerror(error);
    if (error == EACCES || error == EPERM) {
        return {ExitCode::not_permitted, what,
                "use sudo, or be in the socket's group, or use --bus"};
    }
    if (error == ENAMETOOLONG) {
        return {ExitCode::unreachable, what,
                "use a shorter path: a socket's has at most 107 bytes"};
    }
    return {ExitCode::unreachable, what,
            "is it running? --runtime-dir or SUPERD_RUNTIME_DIR names another superd's directory"};
}

Failure out_of_time() {
    return {ExitCode::timeout, "cannot wait any longer for superd's answer",
            "it may be busy or be restarting; try again"};
}

// Until when there is an answer to be, whatever comes between.
using Deadline = std::optional<Clock::time_point>;

std::chrono::milliseconds left_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return std::max(left, std::chrono::milliseconds{0});
}

// For one operation of the kernel's; never 0, which would mean for ever.
timeval patience_until(Deadline deadline, std::chrono::milliseconds most) {
    auto time = deadline ? std::min(left_until(*deadline), most) : most;
    time = std::max(time, std::chrono::milliseconds{1});
    return {time.count() / 1000, time.count() % 1000 * 1000};
}

std::expected<Socket, Failure> connect_to(const std::string& path, Deadline deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return std::unexpected{unreachable(path, ENAMETOOLONG)};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) return std::unexpected{unreachable(path, errno)};
    // Bounds connect(2) too, which waits while the backlog is full.
    const timeval patience = patience_until(deadline, connect_patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.get(), generic, sizeof address) != 0) {
        if (errno == EAGAIN && deadline) return std::unexpected{out_of_time()};
        return std::unexpected{unreachable(path, errno)};
    }
    return socket;
}

std::string head_and_body(const ClientRequest& request) {
    std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: superd\r\n";
    out += "User-Agent: superctl/" SUPERD_VERSION "\r\nConnection: close\r\n";
    if (request.lines) out += "Accept: application/x-ndjson\r\n";
    if (request.method != "GET") {
        out += "Content-Type: application/json\r\nContent-Length: ";
        out += std::to_string(request.body.size()) + "\r\n";
    }
    return out + "\r\n" + request.body;
}

// What superd refuses early is answered before all is read: go on and read the answer.
void send_all(const Socket& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

enum class Read { some, end, timeout, unwanted };

Read read_some(const Socket& socket, bool printed,
               std::optional<std::chrono::milliseconds> patience, Deadline deadline,
               ResponseReader& reader) {
    static constexpr std::size_t chunk_bytes = 65'536;
    std::array<char, chunk_bytes> chunk;
    if (patience)
        deadline = std::min(deadline.value_or(Clock::time_point::max()), Clock::now() + *patience);
    for (;;) {
        int wait = -1;
        if (deadline) {
            const auto left = left_until(*deadline).count();
            wait = static_cast<int>(std::min<std::int64_t>(left, INT_MAX));
        }
        // Of standard output nothing is asked: the kernel tells by itself that its reader has gone.
        std::array<pollfd, 2> ready{
            {{socket.get(), POLLIN, 0}, {printed ? STDOUT_FILENO : -1, 0, 0}}};
        const int count = ::poll(ready.data(), ready.size(), wait);
        if (count == 0) return Read::timeout;
        if (count < 0 && errno == EINTR) continue;
        if (ready[1].revents != 0) return Read::unwanted;
        const auto got = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return Read::end;
        reader.feed({chunk.data(), static_cast<std::size_t>(got)});
        return Read::some;
    }
}

struct Attempt {
    std::optional<ClientAnswer> answer;
    std::optional<Failure> failure;
    bool lost = false;  // Before any of the answer arrived.
};

// The bus's own socket, where there is one, is to outlive the connection.
struct Way {
    std::optional<Socket> bus;
    Socket control;
};

std::expected<Way, Failure> reach(const Destination& destination, Deadline deadline) {
    if (destination.bus.empty()) {
        auto socket = connect_to(destination.path, deadline);
        if (!socket) return std::unexpected{socket.error()};
        return Way{{}, std::move(*socket)};
    }
    const auto usual = Clock::now() + connect_patience;
    auto made = connect_by_bus(destination.bus, std::min(deadline.value_or(usual), usual));
    if (!made) return std::unexpected{made.error()};
    return Way{std::move(made->bus), std::move(made->control)};
}

Attempt try_once(const Destination& destination, const ClientRequest& request,
                 const Client::Take& take, Deadline deadline) {
    const auto way = reach(destination, deadline);
    if (!way) return {{}, way.error(), false};
    const auto* const socket = &way->control;
    send_all(*socket, head_and_body(request));
    auto patience = request.patience;
    if (patience && way->bus && request.method != "GET") *patience += password_patience;
    ResponseReader reader;
    while (!reader.complete() && !reader.broken()) {
        switch (read_some(*socket, request.printed, patience, deadline, reader)) {
            case Read::some: break;
            case Read::end: reader.end_of_stream(); break;
            case Read::timeout: return {{}, out_of_time(), false};
            case Read::unwanted: return {ClientAnswer{200, {}}, {}, false};
        }
        if (take && reader.status() == 200) take(reader.body);
    }
    if (reader.complete()) return {ClientAnswer{reader.status(), reader.body}, {}, false};
    return {
        {},
        Failure{
            ExitCode::failed, "cannot read superd's answer: the connection was lost",
            "superd's supervisor may have been replaced; `superctl status` shows how things are"},
        reader.status() == 0};
}

}  // namespace

std::expected<ClientAnswer, Failure> Client::exchange(const ClientRequest& request,
                                                      const Take& take) const {
    Deadline deadline;
    if (request.within) deadline = Clock::now() + *request.within;
    for (int attempt = 1;; ++attempt) {
        auto result = try_once(destination_, request, take, deadline);
        if (result.answer) return std::move(*result.answer);
        // The keeper holds the listening socket: the next connection waits
        // until there is a supervisor again.
        if (result.lost && request.repeatable && attempt < attempts_max) continue;
        return std::unexpected{std::move(*result.failure)};
    }
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/*@:";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != plain.npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 0xF];
        }
    }
    return out;
}

std::string target_with_units(std::string_view path, std::string_view more,
                              const std::vector<std::string>& units) {
    std::string out{path};
    char separator = '?';
    if (!more.empty()) {
        out += separator;
        out += more;
        separator = '&';
    }
    for (const auto& unit : units) {
        out += separator;
        out += "unit=" + percent_encode(unit);
        separator = '&';
    }
    return out;
}

}  // namespace superctl
