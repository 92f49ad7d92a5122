#include "logger/client.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <charconv>

namespace superd::logger {
namespace {

constexpr std::size_t chunk_size = 32 * 1024;
constexpr time_t patience_seconds = 10;

}  // namespace

Client::Client(os::Fd socket) : socket_{std::move(socket)} {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags & ~O_NONBLOCK);
    const timeval patience{patience_seconds, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void Client::send(std::string_view bytes) {
    while (!bytes.empty() && !broken_) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        broken_ = sent <= 0;
        if (!broken_) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Client::refuse(std::string_view sentence) {
    send(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Connection: close\r\nContent-Length: " +
        std::to_string(sentence.size()) + "\r\n\r\n" + std::string{sentence});
}

void Client::begin(bool json) {
    send(std::string{"HTTP/1.1 200 OK\r\nContent-Type: "} +
         (json ? "application/x-ndjson" : "text/plain; charset=utf-8") +
         "\r\nCache-Control: no-store\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void Client::add(std::string_view line) {
    chunk_.append(line);
    if (chunk_.size() >= chunk_size) flush();
}

void Client::flush() {
    if (chunk_.empty()) return;
    char size[20];
    const char* const end = std::to_chars(size, size + sizeof size, chunk_.size(), 16).ptr;
    chunk_.insert(0, std::string{static_cast<const char*>(size), end} + "\r\n");
    chunk_ += "\r\n";
    send(chunk_);
    chunk_.clear();
}

void Client::finish() {
    flush();
    send("0\r\n\r\n");
    // The last bytes are to arrive before the close, whatever the client still sends.
    ::shutdown(socket_.get(), SHUT_WR);
}

bool Client::connected() {
    pollfd state{socket_.get(), POLLRDHUP, 0};
    if (::poll(&state, 1, 0) > 0) broken_ = true;
    return !broken_;
}

}  // namespace superd::logger
