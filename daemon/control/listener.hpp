// Accepts clients, and goes on accepting whatever happens.
#pragma once

#include "control/hub.hpp"
#include "os/fd.hpp"

#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::control {

class Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(boost::asio::io_context& io, os::Fd listener, std::shared_ptr<Hub> hub);

    void accept_next();
    void stop();
    std::size_t connections() const { return hub_->sessions(); }

private:
    using Protocol = boost::asio::local::stream_protocol;

    void accepted(const boost::system::error_code& error, Protocol::socket socket);
    void admit(Protocol::socket socket);
    void pause();

    Protocol::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::shared_ptr<Hub> hub_;
};

}  // namespace superd::control
