#include "ctl/bus_stream.hpp"

#include <sys/socket.h>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <climits>

namespace superctl {

namespace {

// As many as the kernel lets come at once: of more it would drop some, and whose, nobody could
// tell.
constexpr std::size_t descriptors_max = 253;

}  // namespace

bool BusStream::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::optional<std::string> BusStream::line() {
    constexpr std::size_t line_max = 16'384;
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n")) == bytes_.npos) {
        if (bytes_.size() > line_max || !receive()) return {};
    }
    auto line = bytes_.substr(0, end);
    bytes_.erase(0, end + 2);
    return line;
}

std::optional<BusAnswer> BusStream::answer(std::uint32_t serial) {
    for (;;) {
        auto message = next();
        if (!message) return {};
        const bool is_answer =
            message->type == BusAnswer::Type::done || message->type == BusAnswer::Type::error;
        if (is_answer && message->reply_to == serial) return message;
    }
}

std::optional<Socket> BusStream::take_descriptor() {
    if (descriptors_.empty()) return {};
    return std::move(descriptors_.front());
}

// With its own descriptors and no others: anybody on the bus may send superctl a signal, and with
// it a connection to a superd of his own making.
std::optional<BusAnswer> BusStream::next() {
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
    descriptors_.clear();
    if (!message || message->descriptors > received_.size()) return {};
    for (std::uint32_t i = 0; i < message->descriptors; ++i) {
        descriptors_.push_back(std::move(received_.front()));
        received_.pop_front();
    }
    return message;
}

// Until the deadline, however much comes that nobody waits for.
bool BusStream::is_readable() {
    pollfd ready{socket_, POLLIN, 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
        const auto wait = std::clamp<std::int64_t>(left.count(), 0, INT_MAX);
        const int count = ::poll(&ready, 1, static_cast<int>(wait));
        if (count < 0 && errno == EINTR) continue;
        // Who sends without end keeps it readable.
        out_of_time_ = count == 0 || Clock::now() > deadline_;
        return count > 0 && !out_of_time_;
    }
}

bool BusStream::receive() {
    if (!is_readable()) return false;
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
            received_.emplace_back(fd);
        }
    }
    bytes_.append(chunk.data(), static_cast<std::size_t>(count));
    return true;
}

}  // namespace superctl
