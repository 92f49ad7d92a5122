#include "supervisor/notify.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int batch_max = 64;         // Datagrams read before others have their turn.
constexpr std::size_t fds_max = 253;  // SCM_MAX_FD: the most the kernel lets one message carry.

struct Control {
    alignas(cmsghdr)
        std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int) * fds_max)> bytes;
};

void take_descriptors(const cmsghdr& header, NotifyMessage& message) {
    const std::size_t count = (header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(&header) + i * sizeof(int), sizeof fd);
        message.descriptors.emplace_back(fd);
    }
}

void take_sender(const cmsghdr& header, NotifyMessage& message) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(&header), sizeof sender);
    message.pid = sender.pid;
    message.uid = sender.uid;
}

void take_control(msghdr& header, NotifyMessage& message) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET) continue;
        if (control->cmsg_type == SCM_RIGHTS) take_descriptors(*control, message);
        if (control->cmsg_type == SCM_CREDENTIALS) take_sender(*control, message);
    }
}

// The next datagram, if one is there.
std::optional<NotifyMessage> receive(int fd) {
    // One byte more than is allowed tells a message that is too long from one that just fits.
    std::array<char, notify_bytes_max + 1> text;
    Control control;
    iovec part{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();

    ssize_t size = 0;
    do {
        size = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return std::nullopt;

    NotifyMessage message;
    take_control(header, message);
    if (message.pid == 0) {
        message.fields = std::unexpected{"the kernel does not tell who sent it"};
    } else {
        message.fields = parse_notify({text.data(), static_cast<std::size_t>(size)});
    }
    return message;
}

}  // namespace

NotifySocket::NotifySocket(const boost::asio::any_io_executor& executor, os::Fd socket,
                           Handler handler)
    : socket_{executor, socket.release()}, handler_{std::make_shared<Handler>(std::move(handler))} {
    wait();
}

void NotifySocket::wait() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, alive = std::weak_ptr{handler_}](boost::system::error_code error) {
                           if (alive.expired() || error) return;
                           if (read_batch()) wait();
                       });
}

void NotifySocket::drain() { static_cast<void>(read_batch()); }

bool NotifySocket::read_batch() {
    const std::shared_ptr<Handler> handler = handler_;
    for (int i = 0; i < batch_max; ++i) {
        std::optional<NotifyMessage> message = receive(socket_.native_handle());
        if (!message) break;
        (*handler)(std::move(*message));
        if (handler.use_count() == 1) return false;  // It destroyed us.
    }
    return true;
}

}  // namespace superd::supervisor
