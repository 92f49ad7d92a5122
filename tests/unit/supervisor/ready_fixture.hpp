// What the tests of readiness share: a loop, a watch and what it said.
#pragma once

#include "os/fd.hpp"
#include "supervisor/ready.hpp"
#include "tests/unit/os/scratch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace superd::supervisor {

// A TCP port of the loopback that is ours, and refuses until listen().
class Port {
public:
    explicit Port(int family = AF_INET) : fd_{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in v4{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        const bool is_v4 = family == AF_INET;
        auto* const raw =
            is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
        socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
        EXPECT_EQ(0, ::bind(fd_.get(), raw, length));
        EXPECT_EQ(0, ::getsockname(fd_.get(), raw, &length));
        number_ = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
    }
    void listen() { ASSERT_EQ(0, ::listen(fd_.get(), 16)); }
    os::Fd accept() { return os::Fd{::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)}; }
    std::uint16_t number() const { return number_; }

private:
    os::Fd fd_;
    std::uint16_t number_ = 0;
};

class Readiness : public testing::Test {
protected:
    void watch(config::Ready ready, ReadySubject subject = {}, os::Fd readiness = {}) {
        watch_ = ReadyWatch::make(io_.get_executor(), ready, std::move(subject),
                                  std::move(readiness), [this](bool is_ready) {
                                      EXPECT_FALSE(said_) << "called back twice";
                                      said_ = is_ready;
                                      if (destroy_) watch_.reset();
                                  });
    }
    // Runs the loop until `done`, at most a minute.
    void run_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            if (io_.run_one_until(deadline) == 0) io_.restart();
        }
        EXPECT_TRUE(done()) << (watch_ ? watch_->progress() : "no watch");
    }
    void run_until_said() {
        run_until([&] { return said_.has_value(); });
    }
    void run_until_progress(const std::string& part) {
        run_until([&] { return watch_->progress().contains(part); });
    }
    // Destroys the watch: afterwards there is nothing left that the loop waits for.
    void expect_nothing_left() {
        watch_.reset();
        io_.restart();
        io_.run_for(std::chrono::seconds{60});
        EXPECT_TRUE(io_.stopped()) << "something still waits";
    }

    static config::Ready tcp(std::string host, std::uint16_t port) {
        return {.kind = config::ReadyKind::tcp, .port = port, .host = std::move(host)};
    }

    test::Scratch scratch_;
    boost::asio::io_context io_;
    std::optional<bool> said_;
    bool destroy_ = false;  // By the callback.
    std::unique_ptr<ReadyWatch> watch_;
};

}  // namespace superd::supervisor
