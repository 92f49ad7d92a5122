// A socket of which anybody may have the other end. Descriptors may come with every message: the
// kernel closes what there is no room for, in us, and that may wait (foreign_fd.hpp).
#pragma once

#include "os/foreign_fd.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <span>

namespace superd::os {

// As recvmsg(2), but takes all descriptors, close-on-exec. Whatever else comes beside the bytes is
// left in `header`'s control data, for which there is room.
class ForeignMessage {
public:
    // Never waits. -1: errno tells why.
    ssize_t receive(int socket, std::span<char> bytes, int flags = 0);
    const msghdr& header() const { return header_; }
    ForeignFds descriptors;

private:
    static constexpr std::size_t descriptors_max = 253;  // SCM_MAX_FD, of one message.
    alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(ucred)) +
                                   CMSG_SPACE(sizeof(int) * descriptors_max)];
    msghdr header_{};
};

// As recv(2) with MSG_DONTWAIT; what is sent along is closed.
ssize_t receive_bytes(int socket, std::span<char> bytes);

// Takes off what nobody will read, before the socket is closed, and lets nothing more come.
void take_unread(int socket);

}  // namespace superd::os
