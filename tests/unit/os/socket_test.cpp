#include "os/socket.hpp"

#include "scratch.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

using test::Scratch;

struct Pair {
    Fd a, b;
    Pair() {
        int ends[2] = {-1, -1};
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
        a = Fd{ends[0]};
        b = Fd{ends[1]};
    }
};

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

ino_t inode(const Fd& fd) {
    struct stat status{};
    EXPECT_EQ(0, ::fstat(fd.get(), &status));
    return status.st_ino;
}

TEST(Socket, ListensWithItsModeAndAcceptsAConnection) {
    const Scratch scratch;
    for (const SocketType type : {SocketType::stream, SocketType::seqpacket}) {
        const std::string path = scratch / std::to_string(static_cast<int>(type));
        const auto listener = listen_unix(type, path, 0620);
        ASSERT_TRUE(listener.has_value()) << listener.error().message();
        struct stat status{};
        ASSERT_EQ(0, ::stat(path.c_str(), &status));
        EXPECT_EQ(0620u, status.st_mode & 0777);
        const auto client = connect_unix(type, path);
        ASSERT_TRUE(client.has_value()) << client.error().message();
        const Fd server{::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC)};
        const auto peer = peer_credentials(server.get());
        ASSERT_TRUE(peer.has_value());
        EXPECT_EQ(::getpid(), peer->pid);
        EXPECT_EQ(::getuid(), peer->uid);
        EXPECT_EQ(::getgid(), peer->gid);
    }
}

TEST(Socket, SaysWhyItCannotListenOrConnect) {
    const Scratch scratch;
    const std::string path = scratch / "s";
    EXPECT_EQ("cannot connect to " + path + ": No such file or directory",
              connect_unix(SocketType::stream, path).error().message());
    ASSERT_TRUE(listen_unix(SocketType::stream, path, 0600).has_value());
    EXPECT_EQ(std::errc::address_in_use, listen_unix(SocketType::stream, path, 0600).error().code);
    EXPECT_EQ(std::errc::connection_refused, connect_unix(SocketType::stream, path).error().code);
}

TEST(Socket, RefusesAPathThatIsTooLong) {
    const std::string path = "/tmp/" + std::string(103, 'x');
    const auto refused = listen_unix(SocketType::stream, path, 0600);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(std::errc::filename_too_long, refused.error().code);
    EXPECT_NE(std::string::npos, refused.error().message().find("107 bytes"));
    EXPECT_FALSE(connect_unix(SocketType::seqpacket, path).has_value());
    // One byte less is a path like any other.
    EXPECT_EQ(std::errc::no_such_file_or_directory,
              connect_unix(SocketType::stream, path.substr(0, 107)).error().code);
}

TEST(Socket, PeerCredentialsNeedAConnectedSocket) {
    EXPECT_FALSE(peer_credentials(-1).has_value());
}

TEST(Message, CarriesBytesAndDescriptors) {
    const Pair pair;
    const Fd one{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const Fd two{::open("/", O_RDONLY | O_CLOEXEC)};
    const std::array<int, 2> fds{one.get(), two.get()};
    EXPECT_EQ(5u, send_message(pair.a.get(), bytes("hello"), fds).value());
    std::array<std::byte, 16> buffer{};
    std::array<Fd, 2> got;
    const auto received = receive_message(pair.b.get(), buffer, got).value();
    EXPECT_EQ(5u, received.bytes);
    EXPECT_EQ(0, std::memcmp(buffer.data(), "hello", 5));
    EXPECT_EQ(2u, received.descriptors);
    EXPECT_FALSE(received.truncated);
    EXPECT_FALSE(received.descriptors_lost);
    EXPECT_EQ(inode(one), inode(got[0]));
    EXPECT_EQ(inode(two), inode(got[1]));
    EXPECT_EQ(FD_CLOEXEC, ::fcntl(got[0].get(), F_GETFD));
}

TEST(Message, TellsWhatDidNotFit) {
    const Pair pair;
    const std::array<int, 2> fds{pair.a.get(), pair.b.get()};
    ASSERT_TRUE(send_message(pair.a.get(), bytes("hello"), fds).has_value());
    std::array<std::byte, 3> buffer{};
    std::array<Fd, 1> got;
    const auto received = receive_message(pair.b.get(), buffer, got).value();
    EXPECT_EQ(3u, received.bytes);
    EXPECT_TRUE(received.truncated);
    EXPECT_EQ(1u, received.descriptors);
    EXPECT_TRUE(received.descriptors_lost);
}

TEST(Message, TellsOfDescriptorsThatAFullTableCouldNotTake) {
    const Pair pair;
    rlimit limit{};
    ASSERT_EQ(0, ::getrlimit(RLIMIT_NOFILE, &limit));
    const std::array<int, 1> fds{pair.a.get()};
    ASSERT_TRUE(send_message(pair.a.get(), bytes("x"), fds).has_value());
    // No number is left below the limit.
    const rlimit none{0, limit.rlim_max};
    ASSERT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &none));
    std::array<std::byte, 8> buffer{};
    std::array<Fd, 1> got;
    const auto received = receive_message(pair.b.get(), buffer, got);
    ASSERT_EQ(0, ::setrlimit(RLIMIT_NOFILE, &limit));
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(1u, received->bytes);
    EXPECT_EQ(0u, received->descriptors);
    EXPECT_TRUE(received->descriptors_lost);
}

TEST(Message, NeverWaitsOnANonBlockingSocket) {
    Pair pair;
    std::array<std::byte, 8> buffer{};
    EXPECT_EQ(std::errc::resource_unavailable_try_again,
              receive_message(pair.b.get(), buffer).error());
    const std::string large(10'000, 'x');
    for (;;) {
        const auto sent = send_message(pair.a.get(), bytes(large));
        if (sent) continue;
        EXPECT_EQ(std::errc::resource_unavailable_try_again, sent.error());
        break;
    }
    pair.b.reset();
    // The first error tells that messages were lost unread.
    EXPECT_EQ(std::errc::connection_reset, send_message(pair.a.get(), bytes("x")).error());
    EXPECT_EQ(std::errc::broken_pipe, send_message(pair.a.get(), bytes("x")).error());
}

TEST(Message, TellsOfTheEnd) {
    Pair pair;
    pair.a.reset();
    std::array<std::byte, 8> buffer{};
    EXPECT_EQ(0u, receive_message(pair.b.get(), buffer).value().bytes);
}

}  // namespace
}  // namespace superd::os
