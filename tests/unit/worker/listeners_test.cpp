#include "worker/listeners.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace superd::worker {
namespace {

TEST(Listeners, AreOpenedAsTheirAddressSays) {
    const auto tcp = open_listener("tcp://127.0.0.1:0");
    ASSERT_TRUE(tcp) << tcp.error().message();
    EXPECT_TRUE(accepts(tcp->get()));
    const auto udp = open_listener("udp://[::1]:0");
    ASSERT_TRUE(udp) << udp.error().message();
    EXPECT_FALSE(accepts(udp->get()));
    char directory[] = "/tmp/superd-listen-XXXXXX";
    ASSERT_TRUE(::mkdtemp(directory));
    const std::string path = std::string{directory} + "/s";
    for (int again = 0; again < 2; ++again) {
        const auto local = open_listener("unix:" + path);
        ASSERT_TRUE(local) << local.error().message();
        EXPECT_TRUE(accepts(local->get()));
    }
    ::unlink(path.c_str());
    ::rmdir(directory);
}

TEST(Listeners, OfOnePortAreSeveral) {
    const auto first = open_listener("tcp://127.0.0.1:0");
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(first->get(), reinterpret_cast<sockaddr*>(&address), &size);
    const auto second = open_listener("tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    EXPECT_TRUE(second) << second.error().message();
}

TEST(Listeners, SayWhatIsWrongWithAnAddress) {
    for (const auto& [address, said] : {
             std::pair{"http://x", "it must begin with tcp://, udp:// or unix:"},
             std::pair{"tcp://127.0.0.1", "which has no port"},
             std::pair{"tcp://nowhere.example:80", "Name or service not known"},
             std::pair{"unix:", "unix:"},
         }) {
        const auto opened = open_listener(address);
        ASSERT_FALSE(opened) << address;
        EXPECT_NE(opened.error().message().find(said), std::string::npos)
            << opened.error().message();
    }
}

TEST(Listeners, ArePassedToThisProcessAlone) {
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "http:shared.cache", 1);
    ::setenv("LISTEN_PID", "1", 1);
    EXPECT_TRUE(passed_descriptors().empty());
    EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);

    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "http:shared.cache", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    const auto passed = passed_descriptors();
    ASSERT_EQ(passed.size(), 2u);
    EXPECT_EQ(passed[0].name, "http");
    EXPECT_EQ(passed[0].fd, 3);
    EXPECT_EQ(passed[1].name, "shared.cache");
    EXPECT_EQ(passed[1].fd, 4);
}

}  // namespace
}  // namespace superd::worker
