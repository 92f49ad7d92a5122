// Listening sockets on the loopback, and how the kernel chooses among them.
#include "os/listener.hpp"

#include "tests/unit/os/scratch.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include <gtest/gtest.h>

namespace superd::os {
namespace {

// A port of the loopback that was free a moment ago.
std::uint16_t free_port() {
    const Fd probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(0, ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size));
    EXPECT_EQ(0, ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size));
    return ntohs(address.sin_port);
}

Fd connect_to(const Endpoint& endpoint) {
    Fd client{::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&endpoint.address),
                  endpoint.size) != 0) {
        client.reset();
    }
    return client;
}

std::uint32_t waiting(const Fd& socket) {
    const auto queue = accept_queue(socket);
    EXPECT_TRUE(queue.has_value());
    return queue ? queue->waiting : 0;
}

Fd accept_one(const Fd& socket) {
    return Fd{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

TEST(Listener, TellsHowManyWait) {
    const auto endpoint = *inet_endpoint(SOCK_STREAM, "127.0.0.1", free_port());
    const auto socket = listen_at(endpoint, {.backlog = 50}, true);
    ASSERT_TRUE(socket) << socket.error().message();
    std::vector<Fd> clients;
    for (int i = 0; i < 7; ++i) clients.push_back(connect_to(endpoint));
    const auto queue = accept_queue(*socket);
    ASSERT_TRUE(queue);
    EXPECT_EQ(queue->waiting, 7u);
    EXPECT_EQ(queue->limit, 50u);
    const Fd accepted = accept_one(*socket);
    EXPECT_EQ(waiting(*socket), 6u);
    int nodelay = 0;
    socklen_t size = sizeof nodelay;
    EXPECT_EQ(0, ::getsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &nodelay, &size));
    EXPECT_NE(nodelay, 0) << "what is accepted inherits it";
}

TEST(Listener, LeavesThoseWaitingThatHaveSentNothingWhenDeferred) {
    const auto endpoint = *inet_endpoint(SOCK_STREAM, "127.0.0.1", free_port());
    const auto socket = listen_at(endpoint, {.deferred = true}, true);
    ASSERT_TRUE(socket) << socket.error().message();
    const Fd silent = connect_to(endpoint), speaking = connect_to(endpoint);
    ASSERT_EQ(::send(speaking.get(), "x", 1, MSG_NOSIGNAL), 1);
    const Fd accepted = accept_one(*socket);
    char byte = 0;
    EXPECT_EQ(::recv(accepted.get(), &byte, 1, MSG_DONTWAIT), 1) << "it has come with its data";
    set_options(*socket, endpoint, {.deferred = false});
    const Fd also_silent = connect_to(endpoint);
    EXPECT_GE(waiting(*socket), 1u) << "as it was changed, so it is for the next";
}

TEST(Listener, SharesItsAddressWithItsOwnOnly) {
    const auto endpoint = *inet_endpoint(SOCK_STREAM, "127.0.0.1", free_port());
    const auto first = listen_at(endpoint, {}, true);
    ASSERT_TRUE(first) << first.error().message();
    const auto alone = listen_at(endpoint, {}, true);
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().code, std::errc::address_in_use);
    const auto second = listen_at(endpoint, {}, false);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_TRUE(listens_at(first->get(), endpoint));
    EXPECT_TRUE(listens_at(second->get(), endpoint));
    end_listening(*second, endpoint, true);
    EXPECT_FALSE(listens_at(second->get(), endpoint));
    EXPECT_TRUE(connect_to(endpoint)) << "the other goes on";
}

TEST(Listener, TellsHowManyWaitAtAPath) {
    const test::Scratch scratch;
    const auto endpoint = *path_endpoint(scratch.path() + "/queue");
    const auto socket = listen_at(endpoint, {.backlog = 9}, true);
    ASSERT_TRUE(socket) << socket.error().message();
    std::vector<Fd> clients;
    for (std::uint32_t count = 0; count < 3; ++count) {
        const auto queue = accept_queue(*socket);
        ASSERT_TRUE(queue);
        EXPECT_EQ(queue->waiting, count);
        EXPECT_EQ(queue->limit, 9u);
        clients.push_back(connect_to(endpoint));
    }
    EXPECT_FALSE(accept_queue(clients[0])) << "nothing is accepted there";
}

TEST(Listener, TakesDatagramsAlone) {
    const auto endpoint = *inet_endpoint(SOCK_DGRAM, "127.0.0.1", free_port());
    const auto first = listen_at(endpoint, {}, true);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_FALSE(listen_at(endpoint, {}, true));
    EXPECT_TRUE(listen_at(endpoint, {}, false));
    EXPECT_FALSE(accept_queue(*first)) << "nothing is accepted there";
}

// Those that are left out get nothing new and keep what they have; when one leaves, the last
// takes its place.
TEST(Listener, IsChosenAmongItsGroup) {
    const auto endpoint = *inet_endpoint(SOCK_STREAM, "127.0.0.1", free_port());
    std::vector<Fd> sockets;
    for (int i = 0; i < 3; ++i) {
        auto made = listen_at(endpoint, {}, i == 0);
        ASSERT_TRUE(made) << made.error().message();
        sockets.push_back(std::move(*made));
    }
    std::vector<Fd> clients;
    const auto connect_some = [&] {
        for (int i = 0; i < 40; ++i) clients.push_back(connect_to(endpoint));
    };
    const std::uint16_t only_last[] = {2};
    ASSERT_TRUE(steer(sockets[0], only_last));
    connect_some();
    EXPECT_EQ(waiting(sockets[2]), 40u);
    const std::uint16_t others[] = {0, 1};
    ASSERT_TRUE(steer(sockets[0], others));
    connect_some();
    EXPECT_EQ(waiting(sockets[2]), 40u) << "what waits stays";
    EXPECT_EQ(waiting(sockets[0]) + waiting(sockets[1]), 40u);
    EXPECT_GT(waiting(sockets[0]), 0u);
    EXPECT_GT(waiting(sockets[1]), 0u);
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(accept_one(sockets[2]));
    const auto before = waiting(sockets[1]);
    end_listening(sockets[0], endpoint, true);
    const std::uint16_t moved[] = {0};  // The third is the first now.
    ASSERT_TRUE(steer(sockets[1], moved));
    connect_some();
    EXPECT_EQ(waiting(sockets[2]), 40u);
    EXPECT_EQ(waiting(sockets[1]), before);
    ASSERT_TRUE(steer(sockets[1], {})) << "to all again";
    connect_some();
    EXPECT_GT(waiting(sockets[1]), before);
}

TEST(Listener, ReplacesAPathThatNobodyListensAt) {
    const test::Scratch scratch;
    const auto path = scratch.path() + "/deep/er/x.sock";
    const auto endpoint = *path_endpoint(path);
    {
        const auto first = listen_at(endpoint, {.mode = 0600}, true);
        ASSERT_TRUE(first) << first.error().message();
        struct stat info{};
        ASSERT_EQ(0, ::stat(path.c_str(), &info));
        EXPECT_EQ(info.st_mode & 07777u, 0600u);
        EXPECT_TRUE(listens_at(first->get(), endpoint));
        const auto other = listen_at(endpoint, {}, true);
        ASSERT_FALSE(other) << "somebody listens there";
        EXPECT_EQ(other.error().code, std::errc::address_in_use);
    }
    const auto second = listen_at(endpoint, {}, true);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_TRUE(connect_to(endpoint));
    end_listening(*second, endpoint, true);
    EXPECT_NE(0, ::access(path.c_str(), F_OK));
}

TEST(Listener, LeavesWhatIsNoSocketAlone) {
    const test::Scratch scratch;
    const auto path = scratch.path() + "/file";
    const Fd file{::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
    const auto endpoint = *path_endpoint(path);
    EXPECT_FALSE(listen_at(endpoint, {}, true));
    EXPECT_EQ(0, ::access(path.c_str(), F_OK));
}

TEST(Listener, IsTracedToItsOwner) {
    const auto endpoint = *inet_endpoint(SOCK_STREAM, "127.0.0.1", free_port());
    EXPECT_FALSE(owner_of(endpoint));
    int ready[2], hold[2];
    ASSERT_EQ(0, ::pipe2(ready, O_CLOEXEC));
    ASSERT_EQ(0, ::pipe2(hold, O_CLOEXEC));
    const pid_t child = ::fork();
    if (child == 0) {
        const auto socket = listen_at(endpoint, {}, true);
        char byte = socket ? 'y' : 'n';
        static_cast<void>(!::write(ready[1], &byte, 1));
        ::close(hold[1]);
        static_cast<void>(!::read(hold[0], &byte, 1));
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(1, ::read(ready[0], &byte, 1));
    ASSERT_EQ(byte, 'y');
    const auto owner = owner_of(endpoint);
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->pid, child);
    EXPECT_FALSE(owner->name.empty());
    ::close(hold[1]);
    ::waitpid(child, nullptr, 0);
    for (const int each : {ready[0], ready[1], hold[0]}) ::close(each);
}

}  // namespace
}  // namespace superd::os
