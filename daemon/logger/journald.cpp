#include "logger/journald.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace superd::logger {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// The whole entry in a file in memory that nobody can change any more: what the journal asks for.
os::Fd sealed_file(std::string_view entry) {
    os::Fd file{::memfd_create("superd-journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    while (file && !entry.empty()) {
        const auto written = ::write(file.get(), entry.data(), entry.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return {};
        entry.remove_prefix(static_cast<std::size_t>(written));
    }
    constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (file && ::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return {};
    return file;
}

}  // namespace

bool Journald::connect(std::int64_t now) {
    if (socket_) return true;
    if (now < look_again_at_) return false;
    look_again_at_ = now + second;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    os::Fd made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    if (!made || ::connect(made.get(), generic, sizeof address) != 0) return false;
    // Best effort: a burst of lines finds room there.
    const int bytes = 8 << 20;
    if (::setsockopt(made.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
        ::setsockopt(made.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    socket_ = std::move(made);
    return true;
}

bool Journald::available(std::int64_t now) { return connect(now); }

Journald::Sent Journald::send(std::string_view entry) {
    for (;;) {
        const auto sent = ::send(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL);
        if (sent >= 0) return Sent::done;
        switch (errno) {
            case EINTR: continue;
            case EAGAIN: return Sent::later;
            case EMSGSIZE:
            case ENOBUFS: return send_in_memory(entry);
            default: return Sent::never;
        }
    }
}

Journald::Sent Journald::send_in_memory(std::string_view entry) {
    const os::Fd file = sealed_file(entry);
    if (!file) return Sent::later;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = file.get();
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    for (;;) {
        if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0) return Sent::done;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == ENOBUFS ? Sent::later : Sent::never;
    }
}

bool Journald::give(std::string entry, std::int64_t now) {
    flush(now);
    if (!connect(now)) return false;
    if (waiting_.empty()) {
        const Sent sent = send(entry);
        if (sent == Sent::done) return true;
        if (sent == Sent::never) {
            socket_.reset();
            return false;
        }
    }
    if (waiting_bytes_ + entry.size() > waiting_max) {
        ++dropped_;
        return true;
    }
    waiting_bytes_ += entry.size();
    waiting_.push_back(std::move(entry));
    return true;
}

void Journald::flush(std::int64_t now) {
    while (!waiting_.empty() && connect(now)) {
        switch (send(waiting_.front())) {
            case Sent::done: break;
            case Sent::later: return;
            // Its socket is gone: what waits is given to the next one.
            case Sent::never: socket_.reset(); continue;
        }
        waiting_bytes_ -= waiting_.front().size();
        waiting_.pop_front();
    }
}

std::uint64_t Journald::take_dropped() { return std::exchange(dropped_, 0); }

}  // namespace superd::logger
