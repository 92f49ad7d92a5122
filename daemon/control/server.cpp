#include "control/server.hpp"

#include "control/listener.hpp"

#include <utility>

namespace superd::control {

Server::Server(boost::asio::io_context& io, os::Fd listener, supervisor::Operations& operations,
               Limits limits)
    : listener_{std::make_shared<Listener>(io, std::move(listener),
                                           std::make_shared<Hub>(operations, limits))} {
    listener_->accept_next();
}

Server::~Server() { stop(); }

void Server::stop() { listener_->stop(); }

std::size_t Server::connections() const { return listener_->connections(); }

}  // namespace superd::control
