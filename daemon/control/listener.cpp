#include "control/listener.hpp"

#include "control/response.hpp"
#include "control/session.hpp"

#include <sys/socket.h>

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace superd::control {

namespace asio = boost::asio;

namespace {

Peer peer_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
    return {credentials.uid, credentials.gid};
}

// Does not wait: a client that takes no answer gets none.
void refuse_busy(int socket) {
    const Refusal busy{
        503, {"busy", "cannot serve more clients at once", "try again in a moment"}, {}};
    const auto bytes = serialize(to_response(busy), false);
    [[maybe_unused]] const auto sent =
        ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Listener::Listener(asio::io_context& io, os::Fd listener, std::shared_ptr<Hub> hub)
    : acceptor_{io}, pause_{io}, hub_{std::move(hub)} {
    acceptor_.assign(Protocol{}, listener.get());
    [[maybe_unused]] const int owned_by_acceptor = listener.release();
}

void Listener::accept_next() {
    acceptor_.async_accept(
        [weak = weak_from_this()](const boost::system::error_code& error, Protocol::socket socket) {
            const auto self = weak.lock();
            if (self && self->acceptor_.is_open()) self->accepted(error, std::move(socket));
        });
}

void Listener::accepted(const boost::system::error_code& error, Protocol::socket socket) {
    if (error) return pause();
    try {
        admit(std::move(socket));
    } catch (const std::exception&) {
        // No memory or no room in epoll for this one: its socket is closed
        // by now, which it sees, and the next may fare better.
        return pause();
    }
    accept_next();
}

void Listener::admit(Protocol::socket socket) {
    if (hub_->sessions() >= hub_->limits().connections_max) {
        return refuse_busy(socket.native_handle());
    }
    const auto peer = peer_of(socket.native_handle());
    auto session = std::make_shared<Session>(std::move(socket), peer, hub_);
    // An exception ends this one connection, and its client sees it closed.
    asio::co_spawn(acceptor_.get_executor(), Session::serve(std::move(session)),
                   [](const std::exception_ptr&) {});
}

// Out of descriptors, say: there may be some in a moment, and trying again at
// once would only spin, as the client that waits keeps the listener readable.
void Listener::pause() {
    pause_.expires_after(hub_->limits().accept_pause);
    pause_.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
        const auto self = weak.lock();
        if (self && self->acceptor_.is_open()) self->accept_next();
    });
}

void Listener::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    hub_->stop();
}

}  // namespace superd::control
