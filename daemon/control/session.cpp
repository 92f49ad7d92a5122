#include "control/session.hpp"

#include "control/request_parser.hpp"
#include "control/route.hpp"
#include "os/foreign_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace superd::control {

namespace asio = boost::asio;

namespace {

constexpr auto use_nothrow = asio::as_tuple(asio::use_awaitable);

Refusal too_slow() {
    return {408,
            {"timeout", "cannot wait any longer for the rest of the request", "send it in one go"},
            {}};
}

}  // namespace

Session::Session(Socket socket, Peer peer, std::shared_ptr<Hub> hub)
    : socket_{std::move(socket)},
      deadline_{socket_.get_executor()},
      wake_{socket_.get_executor()},
      peer_{std::move(peer)},
      hub_{std::move(hub)},
      standing_{hub_->add(*this, peer_)} {}

Session::~Session() {
    drop_pending();
    if (socket_.is_open()) os::take_unread(socket_.native_handle());
    hub_->remove(*this, standing_, peer_.uid);
}

void Session::stop() {
    stopped_ = true;
    if (socket_.is_open()) os::take_unread(socket_.native_handle());
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
    wake();
}

void Session::launch(Socket socket, Peer peer, std::shared_ptr<Hub> hub) {
    const auto executor = socket.get_executor();
    auto session = std::make_shared<Session>(std::move(socket), std::move(peer), std::move(hub));
    // An exception ends this one connection, and its client sees it closed.
    asio::co_spawn(executor, serve(std::move(session)), [](const std::exception_ptr&) {});
}

asio::awaitable<void> Session::serve(std::shared_ptr<Session> self) {
    bool goes_on = true;
    while (goes_on && !self->stopped_) {
        Arrival arrival;
        co_await self->read_request(arrival);
        if (arrival.closed() || self->stopped_) co_return;
        if (arrival.refusal) {
            auto response = to_response(*arrival.refusal);
            co_await self->respond(std::move(response), false);
            co_return;
        }
        goes_on = co_await self->handle(std::move(*arrival.request));
    }
}

asio::awaitable<void> Session::read_request(Arrival& arrival) {
    RequestParser parser;
    const auto limits = hub_->limits();
    bool begun = !buffer_.empty();
    arm(begun ? limits.request : idle_patience());
    for (;;) {
        buffer_.erase(0, parser.feed(buffer_));
        arrival.refusal = parser.refusal();
        if (parser.complete()) arrival.request = parser.take();
        if (!arrival.closed()) break;
        if (parser.wants_continue()) {
            const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(socket_, asio::buffer(go_on), use_nothrow);
        }
        auto [error] = co_await socket_.async_wait(Socket::wait_read, use_nothrow);
        if (error) {
            if (expired_ && begun) arrival.refusal = too_slow();
            break;
        }
        const auto count = os::receive_bytes(socket_.native_handle(), chunk_);
        if (count < 0 && errno == EAGAIN) continue;
        if (count <= 0) break;
        if (!begun) arm(limits.request);
        begun = true;
        buffer_.append(chunk_.data(), static_cast<std::size_t>(count));
    }
    disarm();
}

asio::awaitable<bool> Session::handle(Request request) {
    auto routed = route(request);
    const auto called = co_await permitted(std::move(routed));
    if (hung_up_ || stopped_) co_return false;
    std::optional<Response> response;
    if (!called) {
        response = to_response(called.error());
    } else if (const auto* logs = std::get_if<LogsCall>(&*called)) {
        co_return co_await hand_to_logger(*logs, request.keep_alive);
    } else {
        record_command(*called, peer_, *hub_->operations());
        response = begin(*called, request);
    }
    if (!response) co_return co_await run_pending(request);
    co_return co_await respond(std::move(*response), request.keep_alive);
}

// The answer, or nothing when it has to be waited for.
std::optional<Response> Session::begin(const Call& call, const Request& request) {
    const auto* const events = std::get_if<EventsCall>(&call);
    try {
        if (events != nullptr && events->follow) return begin_events(*events);
    } catch (const std::exception& error) {
        drop_pending();
        return internal_error(error);
    }
    const auto* const act = std::get_if<ActCall>(&call);
    const auto* const scale = std::get_if<ScaleCall>(&call);
    const bool waits = (act != nullptr && act->wait) || (scale != nullptr && scale->wait) ||
                       std::holds_alternative<WaitCall>(call);
    const bool wants_lines = request.accept.find(json_lines_type) != std::string::npos;
    return begin_errand(call, waits && wants_lines);
}

asio::awaitable<bool> Session::respond(Response response, bool keep_alive) {
    const auto bytes = serialize(response, keep_alive);
    const bool sent = co_await write(bytes);
    co_return sent&& keep_alive;
}

asio::awaitable<bool> Session::write(const std::string& bytes) {
    arm(hub_->limits().write);
    auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes), use_nothrow);
    disarm();
    co_return !error;
}

Session::Duration Session::idle_patience() const {
    const auto& limits = hub_->limits();
    return standing_ == Standing::stranger ? std::min(limits.idle, limits.stranger_idle)
                                           : limits.idle;
}

void Session::arm(Duration patience) {
    expired_ = false;
    deadline_.expires_after(patience);
    deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        // It was armed again, or disarmed, while this call was in the queue.
        if (self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
        self->expired_ = true;
        boost::system::error_code ignored;
        self->socket_.cancel(ignored);
    });
}

void Session::disarm() { deadline_.expires_at(asio::steady_timer::time_point::max()); }

}  // namespace superd::control
