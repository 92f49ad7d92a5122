// The control API: HTTP/1.1 and JSON on a Unix socket, in front of the
// supervisor's operations. openapi.yaml in this folder documents it.
#pragma once

#include "control/limits.hpp"
#include "os/fd.hpp"
#include "supervisor/operations.hpp"

#include <memory>

#include <boost/asio/io_context.hpp>

namespace superd::control {

class Listener;

// Serves from construction until stop() or destruction, on the io_context's
// one thread. The operations must outlive it.
class Server {
public:
    // `listener` is a listening Unix stream socket. Throws boost::system::system_error if it is
    // not.
    Server(boost::asio::io_context& io, os::Fd listener, supervisor::Operations& operations,
           Limits limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Closes all connections at once; no operation is called from here on.
    // Let the io_context run until nothing is left, or destroy it.
    void stop();

    // How many clients are connected.
    std::size_t connections() const;

private:
    std::shared_ptr<Listener> listener_;
};

}  // namespace superd::control
