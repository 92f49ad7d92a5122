#include "control/listener.hpp"

#include "control/response.hpp"
#include "control/session.hpp"
#include "os/foreign_socket.hpp"
#include "os/refuse_descriptors.hpp"

#include <sys/socket.h>

#include <exception>
#include <utility>

namespace superd::control {

namespace asio = boost::asio;

namespace {

Peer peer_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
    return {credentials.uid, credentials.gid, {}, {}};
}

// Does not wait: a client that takes no answer gets none.
void send_refusal(int socket, const Refusal& refusal) {
    const auto bytes = serialize(to_response(refusal), false);
    [[maybe_unused]] const auto sent =
        ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Listener::Listener(asio::io_context& io, os::Fd listener, std::shared_ptr<Hub> hub)
    : acceptor_{io}, pause_{io}, hub_{std::move(hub)} {
    os::refuse_descriptors(listener.get());
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
    // It may have connected before the listening socket was told.
    os::refuse_descriptors(socket.native_handle());
    auto peer = peer_of(socket.native_handle());
    if (const auto refusal = hub_->refuse(peer)) {
        send_refusal(socket.native_handle(), *refusal);
        return os::take_unread(socket.native_handle());
    }
    Session::launch(std::move(socket), std::move(peer), hub_);
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
