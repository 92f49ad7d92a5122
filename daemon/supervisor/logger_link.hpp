// The connection to the logger. Sending never waits: what does not fit into
// the socket stays here, and what was on its way when a logger died is said
// again by whoever is told of the new one.
#pragma once

#include "logger/protocol.hpp"
#include "os/fd.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

class LoggerLink {
public:
    struct Handlers {
        std::function<void(logger::Reply)> reply;
        // A connection was made to a logger that knows nothing: say all again.
        std::function<void()> connected;
        std::function<void(std::string)> problem;  // A sentence.
    };

    // `path`: RUNTIME/logger.sock. Nothing is called before start().
    LoggerLink(const boost::asio::any_io_executor& executor, std::string path, Handlers handlers);

    void start();
    // Puts it in line; flush() sends what is there, as far as there is room.
    void send(const logger::Request& request);
    // The descriptor is the logger's from then on. False: the request is too long.
    bool send(const logger::Request& request, os::Fd descriptor);
    void flush();

private:
    struct Packet {
        std::vector<std::byte> bytes;
        os::Fd descriptor;
    };
    void connect();
    void lost();
    void wait_readable();
    void wait_writable();
    void read();
    void write();

    std::string path_;
    Handlers handlers_;
    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer retry_;
    std::deque<Packet> line_;
    bool writing_ = false;  // Waiting for room in the socket.
};

}  // namespace superd::supervisor
