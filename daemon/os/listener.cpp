#include "os/listener.hpp"

#include "os/unix_queue.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <vector>

namespace superd::os {
namespace {

const sockaddr* generic(const Endpoint& endpoint) {
    return reinterpret_cast<const sockaddr*>(&endpoint.address);
}

const char* path_of(const Endpoint& endpoint) {
    return reinterpret_cast<const sockaddr_un*>(&endpoint.address)->sun_path;
}

bool set(int fd, int level, int option, int value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

void set_tcp(int fd, const ListenOptions& options) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, options.nodelay ? 1 : 0);
    set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.deferred ? 1 : 0);  // Seconds.
}

std::optional<int> get(int fd, int level, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd, level, option, &value, &size) != 0) return std::nullopt;
    return value;
}

std::unexpected<Error> failed(const char* step) {
    const int error = errno;
    return fail_errno(error, step);
}

Result<Fd> make_socket(const Endpoint& endpoint) {
    const int family = endpoint.address.ss_family;
    Fd fd{::socket(family, endpoint.type | SOCK_CLOEXEC, 0)};
    if (!fd) return failed("make a socket");
    const bool prepared =
        endpoint.is_path() ||
        (set(fd.get(), SOL_SOCKET, SO_REUSEADDR, endpoint.type == SOCK_STREAM ? 1 : 0) &&
         (family != AF_INET6 ||
          set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, endpoint.v6_only ? 1 : 0)));
    if (!prepared) return failed("prepare a socket");
    return fd;
}

// What is left of one whose owner is gone. One that somebody listens at stays.
void remove_stale(const Endpoint& endpoint) {
    struct stat info{};
    if (::lstat(path_of(endpoint), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
    const Fd probe{::socket(AF_UNIX, endpoint.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!probe || ::connect(probe.get(), generic(endpoint), endpoint.size) == 0) return;
    if (errno == ECONNREFUSED) ::unlink(path_of(endpoint));
}

Result<Fd> listen_at_path(const Endpoint& endpoint, const ListenOptions& options) {
    const char* const path = path_of(endpoint);
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
    auto fd = make_socket(endpoint);
    if (!fd) return fd;
    remove_stale(endpoint);
    // Nobody connects before the file has the owner and the mode that it is to have.
    const mode_t before = ::umask(0777);
    const int bound = ::bind(fd->get(), generic(endpoint), endpoint.size);
    const int error = errno;
    ::umask(before);
    if (bound != 0) return fail_errno(error, "bind");
    const bool own = options.uid == static_cast<uid_t>(-1) && options.gid == static_cast<gid_t>(-1);
    if ((!own && ::chown(path, options.uid, options.gid) != 0) ||
        ::chmod(path, options.mode) != 0 || ::listen(fd->get(), options.backlog) != 0) {
        const auto result = failed("listen");
        ::unlink(path);
        return result;
    }
    return fd;
}

// Whether one that shares with nobody could be bound there.
Result<void> try_alone(const Endpoint& endpoint) {
    const auto probe = make_socket(endpoint);
    if (!probe) return std::unexpected{probe.error()};
    if (::bind(probe->get(), generic(endpoint), endpoint.size) != 0) return failed("bind");
    return {};
}

bool same_inet(const sockaddr_storage& one, const sockaddr_storage& other) {
    if (one.ss_family != other.ss_family) return false;
    if (one.ss_family == AF_INET) {
        const auto& a = reinterpret_cast<const sockaddr_in&>(one);
        const auto& b = reinterpret_cast<const sockaddr_in&>(other);
        return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
    }
    const auto& a = reinterpret_cast<const sockaddr_in6&>(one);
    const auto& b = reinterpret_cast<const sockaddr_in6&>(other);
    return a.sin6_port == b.sin6_port &&
           std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
}

}  // namespace

std::optional<Endpoint> inet_endpoint(int type, const std::string& host, std::uint16_t port) {
    Endpoint endpoint{.type = type};
    auto& v4 = reinterpret_cast<sockaddr_in&>(endpoint.address);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(endpoint.address);
    if (host == "*" || ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        endpoint.size = sizeof v6;
        endpoint.v6_only = host != "*";
    } else if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        endpoint.size = sizeof v4;
    } else {
        return std::nullopt;
    }
    return endpoint;
}

std::optional<Endpoint> path_endpoint(const std::string& path) {
    Endpoint endpoint;
    auto& address = reinterpret_cast<sockaddr_un&>(endpoint.address);
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    endpoint.size = sizeof address;
    return endpoint;
}

Result<Fd> listen_at(const Endpoint& endpoint, const ListenOptions& options, bool alone) {
    if (endpoint.is_path()) return listen_at_path(endpoint, options);
    const bool stream = endpoint.type == SOCK_STREAM;
    auto fd = make_socket(endpoint);
    if (!fd) return fd;
    if (alone && !stream) {
        if (auto free = try_alone(endpoint); !free) return std::unexpected{free.error()};
    }
    // One that is bound already may allow others all the same; datagrams join their group as they
    // are bound, streams as they begin to listen.
    const bool before = !alone || !stream;
    if (before && !set(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) return failed("share a port");
    if (::bind(fd->get(), generic(endpoint), endpoint.size) != 0) return failed("bind");
    if (!before && !set(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) return failed("share a port");
    if (!stream) return fd;
    set_tcp(fd->get(), options);
    if (::listen(fd->get(), options.backlog) != 0) return failed("listen");
    return fd;
}

void set_options(const Fd& socket, const Endpoint& endpoint, const ListenOptions& options) {
    if (endpoint.is_path()) {
        std::ignore = ::chown(path_of(endpoint), options.uid, options.gid);
        std::ignore = ::chmod(path_of(endpoint), options.mode);
    } else if (endpoint.type == SOCK_STREAM) {
        set_tcp(socket.get(), options);
    }
    if (endpoint.type == SOCK_STREAM) ::listen(socket.get(), options.backlog);
}

bool listens_at(int socket, const Endpoint& endpoint) {
    if (get(socket, SOL_SOCKET, SO_TYPE) != endpoint.type) return false;
    if (endpoint.type == SOCK_STREAM && get(socket, SOL_SOCKET, SO_ACCEPTCONN) != 1) return false;
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
    if (!endpoint.is_path()) return same_inet(bound, endpoint.address);
    const auto& address = reinterpret_cast<const sockaddr_un&>(bound);
    return bound.ss_family == AF_UNIX && std::strcmp(address.sun_path, path_of(endpoint)) == 0;
}

void end_listening(const Fd& socket, const Endpoint& endpoint, bool for_all) {
    if (for_all) ::shutdown(socket.get(), SHUT_RDWR);
    struct stat info{};
    if (!endpoint.is_path() || ::lstat(path_of(endpoint), &info) != 0) return;
    if (S_ISSOCK(info.st_mode)) ::unlink(path_of(endpoint));
}

std::optional<Queue> accept_queue(const Fd& socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return unix_accept_queue(socket.get());
    }
    // Of a socket that listens these two fields have another meaning.
    return Queue{info.tcpi_unacked, info.tcpi_sacked};
}

Result<void> steer(const Fd& socket, std::span<const std::uint16_t> open) {
    if (open.empty()) {
        // ENOENT: there was no program.
        set(socket.get(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
        return {};
    }
    // A = random % size; then A's place in the list is what the program returns.
    constexpr auto random = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM);
    std::vector<sock_filter> code;
    code.reserve(2 * open.size() + 2);
    code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, random));
    code.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(open.size())));
    for (std::uint32_t at = 0; at < open.size(); ++at) {
        code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, at, 0, 1));
        code.push_back(BPF_STMT(BPF_RET | BPF_K, open[at]));
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, open.front()));
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                     sizeof program) != 0) {
        return failed("choose among sockets");
    }
    return {};
}

}  // namespace superd::os
