#include "worker/listeners.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace superd::worker {
namespace {

constexpr int first_passed = 3, backlog = 4096;

long number_of(const char* variable) {
    const char* text = std::getenv(variable);
    if (!text) return 0;
    long value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

Result<os::Fd> bound(int family, int type, const sockaddr* address, socklen_t size,
                     std::string_view text) {
    const auto failed = [text] {
        const int error = errno;
        return fail_errno(error, "listen at " + std::string{text});
    };
    os::Fd socket{::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return failed();
    const int one = 1;
    if (family != AF_UNIX) {
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    }
    if (::bind(socket.get(), address, size) != 0) return failed();
    if (type == SOCK_STREAM && ::listen(socket.get(), backlog) != 0) return failed();
    return socket;
}

Result<os::Fd> open_unix(std::string_view path, std::string_view text) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail(std::errc::filename_too_long, "listen at " + std::string{text});
    path.copy(address.sun_path, path.size());
    ::unlink(address.sun_path);
    return bound(AF_UNIX, SOCK_STREAM, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                 text);
}

Result<os::Fd> open_inet(int type, std::string_view place, std::string_view text) {
    const auto colon = place.rfind(':');
    if (colon == std::string_view::npos)
        return fail(std::errc::invalid_argument,
                    "listen at " + std::string{text} + ", which has no port");
    std::string host{place.substr(0, colon)}, port{place.substr(colon + 1)};
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = type;
    addrinfo* found = nullptr;
    const int wrong =
        ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
    if (wrong != 0)
        return fail(std::errc::invalid_argument,
                    "listen at " + std::string{text} + ": " + ::gai_strerror(wrong));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, ::freeaddrinfo};
    return bound(found->ai_family, type, found->ai_addr, found->ai_addrlen, text);
}

}  // namespace

std::vector<Passed> passed_descriptors() {
    std::vector<Passed> passed;
    if (number_of("LISTEN_PID") == ::getpid()) {
        const char* names = std::getenv("LISTEN_FDNAMES");
        std::string_view rest = names ? names : "";
        for (int fd = first_passed; fd < first_passed + number_of("LISTEN_FDS"); ++fd) {
            const auto colon = rest.find(':');
            passed.push_back({std::string{rest.substr(0, colon)}, fd});
            rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }
    // They are for this process alone, not for those that it starts.
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(variable);
    return passed;
}

Result<os::Fd> open_listener(std::string_view address) {
    if (address.starts_with("unix:")) return open_unix(address.substr(5), address);
    if (address.starts_with("tcp://")) return open_inet(SOCK_STREAM, address.substr(6), address);
    if (address.starts_with("udp://")) return open_inet(SOCK_DGRAM, address.substr(6), address);
    return fail(std::errc::invalid_argument, "listen at " + std::string{address} +
                                                 ": it must begin with tcp://, udp:// or unix:");
}

bool accepts(int fd) {
    int listening = 0;
    socklen_t size = sizeof listening;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

void prepare_listener(int fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
                 sizeof one);  // Not for a Unix socket: no matter.
}

}  // namespace superd::worker
