#include "os/message.hpp"

#include "os/linger.hpp"

#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <cstring>

namespace superd::os {
namespace {

// Room for a SCM_RIGHTS header with its descriptors and a SCM_CREDENTIALS one, aligned for them.
struct alignas(cmsghdr) Control {
    std::byte bytes[CMSG_SPACE(message_descriptors_max * sizeof(int)) + CMSG_SPACE(sizeof(ucred))];
};

std::unexpected<std::errc> last_error() { return std::unexpected{static_cast<std::errc>(errno)}; }

void take_descriptors(msghdr& message, std::span<Fd> fds, Received& received) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int raw = -1;
            std::memcpy(&raw, CMSG_DATA(part) + i * sizeof(int), sizeof raw);
            Fd fd{raw};
            if (received.descriptors < fds.size()) {
                fds[received.descriptors++] = std::move(fd);
            } else {
                // It may be a service's, which sent more than it was to.
                stop_lingering(fd.get());
                received.descriptors_lost = true;
            }
        }
    }
}

void take_sender(msghdr& message, Received& received) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS) continue;
        ucred sender{};
        std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
        received.sender = sender.pid;
    }
}

}  // namespace

std::expected<std::size_t, std::errc> send_message(int socket, std::span<const std::byte> bytes,
                                                   std::span<const int> fds) {
    assert(fds.size() <= message_descriptors_max);
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    ssize_t count = 0;
    do {
        count = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return last_error();
    return static_cast<std::size_t>(count);
}

std::expected<Received, std::errc> receive_message(int socket, std::span<std::byte> buffer,
                                                   std::span<Fd> fds) {
    iovec part{buffer.data(), buffer.size()};
    Control control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    ssize_t count = 0;
    do {
        count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return last_error();
    Received received{static_cast<std::size_t>(count), 0, (message.msg_flags & MSG_TRUNC) != 0,
                      (message.msg_flags & MSG_CTRUNC) != 0, 0};
    take_descriptors(message, fds, received);
    take_sender(message, received);
    return received;
}

}  // namespace superd::os
