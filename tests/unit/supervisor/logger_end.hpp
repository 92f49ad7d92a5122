// The logger's end of its connection to the supervisor, in a test's hand.
#pragma once

#include "logger/protocol.hpp"
#include "os/fd.hpp"
#include "os/message.hpp"
#include "os/socket.hpp"

#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace superd::supervisor {

// One logger: what was said to the one before it is not its own to hear.
class LoggerEnd {
public:
    struct Heard {
        logger::Request request;
        os::Fd descriptor;
    };

    explicit LoggerEnd(std::string path) : path_{std::move(path)} {}

    void listen() {
        ::unlink(path_.c_str());
        auto listener = os::listen_unix(os::SocketType::seqpacket, path_, 0600);
        ASSERT_TRUE(listener.has_value());
        listener_ = std::move(*listener);
    }
    // Takes the connection that waits; the one before it, if any, is closed.
    void accept() {
        EXPECT_TRUE(readable(listener_)) << "nobody has connected";
        connection_ = os::Fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    }
    void hang_up() { connection_.reset(); }

    void say(const logger::Reply& reply) const { say(logger::encode(reply)); }
    void say(std::span<const std::byte> packet) const {
        EXPECT_TRUE(os::send_message(connection_.get(), packet).has_value());
    }
    // What the supervisor has said, if it has.
    std::optional<Heard> hear() const {
        if (!readable(connection_, 0)) return {};
        std::vector<std::byte> buffer(logger::packet_max);
        os::Fd descriptor;
        const auto got = os::receive_message(connection_.get(), buffer, std::span{&descriptor, 1});
        if (!got || got->bytes == 0) return {};
        auto request = logger::decode_request(std::span{buffer}.first(got->bytes));
        EXPECT_TRUE(request.has_value());
        if (!request) return {};
        return Heard{std::move(*request), std::move(descriptor)};
    }
    // All that it has said, as "open 5", "drain 5", "close 5", "serve", "reopen".
    std::vector<std::string> hear_all() const {
        std::vector<std::string> all;
        while (const auto heard = hear()) all.push_back(word(heard->request));
        return all;
    }

    static std::string word(const logger::Request& request) {
        if (const auto* open = std::get_if<logger::Open>(&request))
            return "open " + std::to_string(open->run);
        if (const auto* drain = std::get_if<logger::Drain>(&request))
            return "drain " + std::to_string(drain->run);
        if (const auto* close = std::get_if<logger::Close>(&request))
            return "close " + std::to_string(close->run);
        return std::holds_alternative<logger::Serve>(request) ? "serve" : "reopen";
    }

private:
    static bool readable(const os::Fd& fd, int patience_ms = 60'000) {
        pollfd ready{.fd = fd.get(), .events = POLLIN};
        return ::poll(&ready, 1, patience_ms) == 1;
    }

    std::string path_;
    os::Fd listener_, connection_;
};

}  // namespace superd::supervisor
