#include "worker/notify.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace superd::worker {
namespace {

using namespace std::chrono_literals;

// A superd that is only busy is soon there again; one that is started anew takes its time.
constexpr std::chrono::milliseconds first_pause = 5ms, longest_pause = 200ms;
constexpr timeval longest_wait{.tv_sec = 1, .tv_usec = 0};
// Said but once; what nobody would say again.
constexpr std::string_view once[] = {"READY=1", "X_SUPERD_RECYCLE=", "FDSTORE=1"};
constexpr std::string_view status = "STATUS=";

bool is_said_once(std::string_view message) {
    for (auto rest = message; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        const auto begins_it = [line](auto word) { return line.starts_with(word); };
        if (std::ranges::any_of(once, begins_it)) return true;
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return false;
}

bool is_sign_of_life(std::string_view message) { return message == "WATCHDOG=1"; }

bool may_pass(int error) {
    return error == ECONNREFUSED || error == ENOENT || error == EAGAIN || error == ENOBUFS;
}

}  // namespace

Notifier::~Notifier() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        changed_.notify_all();
    }
    if (deliverer_.joinable()) deliverer_.join();
}

void Notifier::open() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    const std::size_t length = path ? std::strlen(path) : 0;
    if (length == 0 || length >= sizeof address_.sun_path) return;
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path, length);
    if (path[0] == '@') address_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + (path[0] != '@'));
    socket_ = os::Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_wait, sizeof longest_wait);
}

int Notifier::send(std::string_view message, int fd) {
    if (!socket_) return 0;
    if (is_sign_of_life(message)) return send_now(message, fd, MSG_DONTWAIT);
    const std::lock_guard lock{mutex_};
    if (!kept_.empty()) return keep(message, fd);  // In the order in which they were said.
    const bool said_once = is_said_once(message);
    // A status may be the last word of all: it waits for a superd that has much to read.
    const int error = send_now(message, fd, said_once ? MSG_DONTWAIT : 0);
    if (!may_pass(error) || !(said_once || message.starts_with(status))) return error;
    if (error != EAGAIN)
        log_(2,
             "superd does not listen now: " + std::string{message.substr(0, message.find('\n'))} +
                 " is said again until it does");
    return keep(message, fd);
}

int Notifier::keep(std::string_view message, int fd) {
    const auto is_outdated = [message](const Kept& each) {
        return each.message == message ||
               (message.starts_with(status) && each.message.starts_with(status));
    };
    if (fd < 0) std::erase_if(kept_, is_outdated);
    Kept one{std::string{message}, os::Fd{fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0)}};
    if (fd >= 0 && !one.fd) return errno;
    kept_.push_back(std::move(one));
    changed_.notify_all();
    return deliverer_.joinable() ? 0 : begin_to_deliver();
}

int Notifier::begin_to_deliver() {
    // Signals are for the service's threads.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    try {
        deliverer_ = std::thread{[this] { deliver(); }};
    } catch (const std::system_error& failure) {
        error = failure.code().value();
        kept_.clear();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
}

void Notifier::deliver() {
    std::unique_lock lock{mutex_};
    auto pause = first_pause;
    while (!closed_) {
        if (kept_.empty()) {
            pause = first_pause;
            changed_.wait(lock);
        } else if (!deliver_first()) {
            changed_.wait_for(lock, pause, [this] { return closed_; });
            pause = std::min(2 * pause, longest_pause);
        }
    }
}

// Sends what was kept first. False: nobody takes it yet.
bool Notifier::deliver_first() {
    const Kept& one = kept_.front();
    const int error = send_now(one.message, one.fd.get(), MSG_DONTWAIT);
    if (may_pass(error)) return false;
    if (error != 0) log_(3, "cannot tell superd " + one.message + ": " + std::strerror(error));
    kept_.pop_front();
    return true;
}

int Notifier::send_now(std::string_view message, int fd, int flags) const {
    iovec part{const_cast<char*>(message.data()), message.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
    header.msg_name = const_cast<sockaddr_un*>(&address_);
    header.msg_namelen = size_;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* attached = CMSG_FIRSTHDR(&header);
        attached->cmsg_level = SOL_SOCKET;
        attached->cmsg_type = SCM_RIGHTS;
        attached->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(attached), &fd, sizeof fd);
    }
    while (::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | flags) < 0)
        if (errno != EINTR) return errno;
    return 0;
}

}  // namespace superd::worker
