#include "os/foreign_socket.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace superd::os {
namespace {

void take_descriptors(const cmsghdr& part, ForeignFds& into) {
    const std::size_t count = (part.cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(&part) + i * sizeof(int), sizeof fd);
        into.add(Fd{fd});
    }
}

}  // namespace

ssize_t ForeignMessage::receive(int socket, std::span<char> bytes, int flags) {
    iovec part{bytes.data(), bytes.size()};
    ssize_t count = 0;
    do {
        header_ = {};
        header_.msg_iov = &part;
        header_.msg_iovlen = 1;
        header_.msg_control = control_;
        header_.msg_controllen = sizeof control_;
        count = ::recvmsg(socket, &header_, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);
    } while (count < 0 && errno == EINTR);
    header_.msg_iov = nullptr;  // It was ours.
    header_.msg_iovlen = 0;
    if (count < 0) return count;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header_); each; each = CMSG_NXTHDR(&header_, each)) {
        const bool rights = each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_RIGHTS;
        if (rights) take_descriptors(*each, descriptors);
    }
    return count;
}

ssize_t receive_bytes(int socket, std::span<char> bytes) {
    ForeignMessage message;
    const ssize_t count = message.receive(socket, bytes);
    const int error = errno;
    message.descriptors = {};
    errno = error;
    return count;
}

void take_unread(int socket) {
    ::shutdown(socket, SHUT_RD);
    char bytes[4096];
    ForeignMessage message;  // All are closed at once, in one thread.
    while (message.receive(socket, bytes) > 0) {}
}

}  // namespace superd::os
