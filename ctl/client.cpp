#include "ctl/client.hpp"

#include "ctl/response_reader.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

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
constexpr int connect_seconds = 30;

// superctl runs for one request: the socket it owns.
class Socket {
public:
    explicit Socket(int fd) : fd_{fd} {}
    Socket(Socket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Socket& operator=(Socket&&) = delete;
    Socket(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

Failure unreachable(const std::string& path, int error) {
    const std::string what = "cannot reach superd at " + path + ": " + std::strerror(error);
    if (error == EACCES || error == EPERM) {
        return {ExitCode::not_permitted, what, "use sudo, or be in the socket's group"};
    }
    if (error == ENAMETOOLONG) {
        return {ExitCode::unreachable, what,
                "use a shorter path: a socket's has at most 107 bytes"};
    }
    return {ExitCode::unreachable, what,
            "is it running? --runtime-dir or SUPERD_RUNTIME_DIR names another superd's directory"};
}

std::expected<Socket, Failure> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return std::unexpected{unreachable(path, ENAMETOOLONG)};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Socket socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) return std::unexpected{unreachable(path, errno)};
    // Bounds connect(2) too, which waits while the backlog is full.
    const timeval patience{connect_seconds, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.get(), generic, sizeof address) != 0) {
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

enum class Read { some, end, timeout };

Read read_some(const Socket& socket, std::optional<std::chrono::milliseconds> patience,
               ResponseReader& reader) {
    static constexpr std::size_t chunk_bytes = 65'536;
    std::array<char, chunk_bytes> chunk;
    const auto until = Clock::now() + patience.value_or(std::chrono::milliseconds{0});
    for (;;) {
        int wait = -1;
        if (patience) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
            wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
        }
        pollfd ready{socket.get(), POLLIN, 0};
        const int count = ::poll(&ready, 1, wait);
        if (count == 0) return Read::timeout;
        if (count < 0 && errno == EINTR) continue;
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

Attempt try_once(const std::string& path, const ClientRequest& request, const Client::Take& take) {
    const auto socket = connect_to(path);
    if (!socket) return {{}, socket.error(), false};
    send_all(*socket, head_and_body(request));
    ResponseReader reader;
    while (!reader.complete() && !reader.broken()) {
        switch (read_some(*socket, request.patience, reader)) {
            case Read::some: break;
            case Read::end: reader.end_of_stream(); break;
            case Read::timeout:
                return {{},
                        Failure{ExitCode::timeout, "cannot wait any longer for superd's answer",
                                "it may be busy or be restarting; try again"},
                        false};
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
    for (int attempt = 1;; ++attempt) {
        auto result = try_once(path_, request, take);
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
