// A TCP connection whose last close waits until the other end has read what it was sent.
#pragma once

#include "os/fd.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <fcntl.h>

#include <array>

#include <gtest/gtest.h>

namespace superd::test {

struct Lingering {
    os::Fd listener, ours, theirs;

    // Longer than any test may take.
    explicit Lingering(int seconds = 3000)
        : listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
          ours{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        const int small = 4096;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const where = reinterpret_cast<sockaddr*>(&address);
        ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        EXPECT_EQ(0, ::bind(listener.get(), where, size));
        EXPECT_EQ(0, ::listen(listener.get(), 1));
        EXPECT_EQ(0, ::getsockname(listener.get(), where, &size));
        EXPECT_EQ(0, ::connect(ours.get(), where, size));
        theirs = os::Fd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        constexpr std::array<char, 65536> bytes{};
        while (::send(ours.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {}
        const linger set{1, seconds};
        EXPECT_EQ(0, ::setsockopt(ours.get(), SOL_SOCKET, SO_LINGER, &set, sizeof set));
    }
};

inline linger lingers(const os::Fd& fd) {
    linger set{};
    socklen_t size = sizeof set;
    EXPECT_EQ(0, ::getsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &set, &size));
    return set;
}

// Sends one byte and the descriptor.
inline bool send_along(const os::Fd& socket, const os::Fd& fd) {
    char byte = 'x';
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    *reinterpret_cast<int*>(CMSG_DATA(header)) = fd.get();
    return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL) == 1;
}

}  // namespace superd::test
