// The connection to the supervisor.
#pragma once

#include "logger/protocol.hpp"
#include "os/fd.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace superd::logger {

// Accepts the supervisor, reads its requests and tells it replies. A new connection
// replaces the old one: there is one supervisor at a time.
class Link {
public:
    // `handle` gets each request and the descriptor that came with it.
    using Handle = std::function<void(Request, os::Fd)>;
    Link(boost::asio::io_context& loop, os::Fd listener, Handle handle);

    void start();
    // Any thread. The packet is in the socket when this returns, if there is a
    // supervisor that reads. While there is none, what only it could tell is kept.
    void tell(const Reply& reply);

private:
    using Descriptor = boost::asio::posix::stream_descriptor;
    void accept();
    void read(std::size_t generation);
    void receive(std::size_t generation);
    void disconnect();
    void send_queue();
    bool send(std::span<const std::byte> packet);

    Descriptor listener_;
    Handle handle_;

    std::mutex mutex_;  // Guards what follows.
    std::optional<Descriptor> connection_;
    std::size_t generation_ = 0;  // Of the connection; completions of older ones are stale.
    std::deque<std::vector<std::byte>> queue_;
    bool waiting_ = false;  // For room in the socket.
};

}  // namespace superd::logger
