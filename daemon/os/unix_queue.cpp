#include "os/unix_queue.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace superd::os {
namespace {

struct Request {
    nlmsghdr header;
    unix_diag_req wanted;
};

bool is_unix_listener(int socket) {
    int domain = 0, listens = 0;
    socklen_t size = sizeof domain;
    if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
    size = sizeof listens;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return false;
    return domain == AF_UNIX && listens != 0;
}

Request request_for(ino_t inode) {
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.wanted.sdiag_family = AF_UNIX;
    request.wanted.udiag_states = ~0u;
    request.wanted.udiag_ino = static_cast<__u32>(inode);
    request.wanted.udiag_show = UDIAG_SHOW_RQLEN;
    // Of whatever generation.
    request.wanted.udiag_cookie[0] = request.wanted.udiag_cookie[1] = ~0u;
    return request;
}

std::optional<Queue> find_queue(const std::byte* at, std::size_t left) {
    while (left >= sizeof(rtattr)) {
        rtattr attribute{};
        std::memcpy(&attribute, at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > left) break;
        unix_diag_rqlen lengths{};
        if (attribute.rta_type == UNIX_DIAG_RQLEN &&
            attribute.rta_len >= RTA_LENGTH(sizeof lengths)) {
            std::memcpy(&lengths, at + RTA_LENGTH(0), sizeof lengths);
            // Of a socket that listens: how many wait to be accepted, and how many may.
            return Queue{lengths.udiag_rqueue, lengths.udiag_wqueue};
        }
        const std::size_t step = RTA_ALIGN(attribute.rta_len);
        if (step >= left) break;
        at += step;
        left -= step;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Queue> unix_accept_queue(int socket) {
    struct stat file{};
    if (!is_unix_listener(socket) || ::fstat(socket, &file) != 0) return std::nullopt;
    const Fd link{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
    const Request request = request_for(file.st_ino);
    if (!link || ::send(link.get(), &request, sizeof request, 0) != sizeof request) {
        return std::nullopt;
    }
    // The kernel has answered before send() returns.
    alignas(nlmsghdr) std::array<std::byte, 4096> answer;
    const ssize_t size = ::recv(link.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    constexpr std::size_t begin = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(unix_diag_msg));
    nlmsghdr header{};
    if (size < static_cast<ssize_t>(begin)) return std::nullopt;
    std::memcpy(&header, answer.data(), sizeof header);
    const std::size_t length = header.nlmsg_len;
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || length > static_cast<std::size_t>(size) ||
        length < begin) {
        return std::nullopt;
    }
    return find_queue(answer.data() + begin, length - begin);
}

}  // namespace superd::os
