// superd's connection to the bus, on the event loop; made again whenever it is lost.
#pragma once

#include "bus/handle.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::bus {

// sd-bus itself, and not a layer above it: only it connects, authenticates, says Hello and asks
// for a name without waiting for any of these, and a bus that accepts and says nothing must
// not stop the supervisor. (sdbus-c++ flushes a new connection, which waits for all four.)
class Link {
public:
    struct Handlers {
        // The connection is good for messages from here on.
        std::function<void(sd_bus& bus)> up;
        // It is gone, and so must be all slots and messages of it.
        std::function<void()> down;
    };

    Link(boost::asio::io_context& io, std::string address, Handlers handlers);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void start();
    void stop();

    // Null while there is none.
    sd_bus* bus() const { return up_ ? bus_.get() : nullptr; }
    // Something was sent: what did not fit into the socket has to follow.
    void sent();
    // Gives the connection up, for another a moment later: it is of no use.
    void drop();

private:
    using Clock = std::chrono::steady_clock;
    struct Life {};  // Handlers that come after the end find it gone.

    static int on_connected(sd_bus_message* message, void* self, sd_bus_error* error);

    int connect();
    void pump();
    void arm();
    void watch(int fd, short events);
    void arm_timer();
    void lost();
    void close();
    void later();

    boost::asio::io_context& io_;
    std::string address_;
    Handlers handlers_;
    Connection bus_;
    Slot connected_;
    // A copy of sd-bus's own descriptor: Asio's is closed by Asio, whatever sd-bus does with its.
    boost::asio::posix::stream_descriptor readiness_;
    int watched_ = -1;  // Of which descriptor it is a copy.
    bool reading_ = false, writing_ = false, pumping_ = false, posted_ = false;
    bool up_ = false, lost_ = false, stopped_ = true;
    boost::asio::steady_timer timer_, retry_;
    std::chrono::milliseconds pause_{};
    Clock::time_point since_{};              // When it was up.
    std::shared_ptr<Life> life_, retrying_;  // Of a connection; until stop().
};

}  // namespace superd::bus
