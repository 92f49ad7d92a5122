#include "supervisor/notify.hpp"

#include "os/foreign_socket.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr int batch_max = 64;  // Datagrams read before others have their turn.

void take_sender(const cmsghdr& header, NotifyMessage& message) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(&header), sizeof sender);
    message.pid = sender.pid;
    message.uid = sender.uid;
}

void take_control(const msghdr& header, NotifyMessage& message) {
    // CMSG_NXTHDR wants one that it could write to.
    msghdr all = header;
    for (cmsghdr* control = CMSG_FIRSTHDR(&all); control; control = CMSG_NXTHDR(&all, control)) {
        if (control->cmsg_level != SOL_SOCKET) continue;
        if (control->cmsg_type == SCM_CREDENTIALS) take_sender(*control, message);
    }
}

// How many supervisors have begun with the message that is now the first, and died of it. It has
// to be kept where it outlives them as the message does: in the socket's priority, which means
// nothing to a local socket. 0 to 6 need no privilege: socket(7).
constexpr int attempts_max = 3;

int attempts(int fd) {
    int count = 0;
    socklen_t size = sizeof count;
    return ::getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &count, &size) == 0 ? count : 0;
}

void set_attempts(int fd, int count) {
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &count, sizeof count));
}

// Ours may be the last of the descriptors that came with it.
void take_off(int fd) { static_cast<void>(os::receive_bytes(fd, {})); }

// The next datagram, if one is there. With MSG_PEEK it stays where it is.
std::optional<NotifyMessage> receive(int fd, int flags) {
    // One byte more than is allowed tells a message that is too long from one that just fits.
    std::array<char, notify_bytes_max + 1> text;
    os::ForeignMessage received;
    const ssize_t size = received.receive(fd, text, flags);
    if (size < 0) return std::nullopt;

    NotifyMessage message;
    message.descriptors = std::move(received.descriptors);
    take_control(received.header(), message);
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
        if (!handle_next(*handler)) break;
        if (handler.use_count() == 1) return false;  // It destroyed us.
    }
    return true;
}

// False: there is none.
bool NotifySocket::handle_next(const Handler& handler) {
    const int fd = socket_.native_handle();
    const bool first = !std::exchange(handled_any_, true);
    const int attempt = first ? attempts(fd) + 1 : 1;
    const bool stays = attempt <= attempts_max;
    auto message = receive(fd, stays ? MSG_PEEK : 0);
    if (!message) {
        handled_any_ = !first;
        return false;
    }
    if (first) set_attempts(fd, stays ? attempt : 0);
    const std::weak_ptr<Handler> alive = handler_;
    handler(std::move(*message));
    if (alive.use_count() == 1) return true;
    if (stays) take_off(fd);
    if (first) set_attempts(fd, 0);
    return true;
}

}  // namespace superd::supervisor
