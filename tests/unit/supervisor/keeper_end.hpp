// The keeper's end of its connection to the supervisor, in a test's hand.
#pragma once

#include "keeper/protocol.hpp"
#include "os/fd.hpp"
#include "os/message.hpp"
#include "supervisor/keeper_link.hpp"

#include <sys/socket.h>

#include <poll.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace superd::supervisor {

class KeeperEnd {
public:
    KeeperEnd() {
        int ends[2];
        EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
        ours_ = os::Fd{ends[0]};
        link_ = os::Fd{ends[1]};
    }

    // The supervisor's end.
    os::Fd take_link() { return std::move(link_); }

    static keeper::Message named(keeper::Kind kind, const std::string& name) {
        keeper::Message message{.kind = kind};
        std::memcpy(message.name, name.c_str(), name.size() + 1);
        return message;
    }
    void say(const keeper::Message& message, std::span<const int> fds = {}) const {
        const auto bytes = std::as_bytes(std::span{&message, 1});
        EXPECT_TRUE(os::send_message(ours_.get(), bytes, fds).has_value());
    }
    // The next message, within a minute; of no kind if there is none.
    KeeperLink::Inbound hear() const {
        KeeperLink::Inbound inbound;
        pollfd ready{.fd = ours_.get(), .events = POLLIN};
        EXPECT_EQ(1, ::poll(&ready, 1, 60'000)) << "the supervisor says nothing";
        if (ready.revents == 0) return inbound;
        const auto bytes = std::as_writable_bytes(std::span{&inbound.message, 1});
        const auto received = os::receive_message(ours_.get(), bytes, inbound.descriptors);
        EXPECT_TRUE(received && received->bytes == sizeof inbound.message);
        return inbound;
    }
    void close() { ours_.reset(); }

private:
    os::Fd ours_, link_;
};

}  // namespace superd::supervisor
