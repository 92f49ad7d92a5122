#include "control/session.hpp"

#include "control/request_parser.hpp"
#include "control/route.hpp"

#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
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
      peer_{peer},
      hub_{std::move(hub)} {
    hub_->add(*this);
}

Session::~Session() {
    drop_pending();
    hub_->remove(*this);
}

void Session::stop() {
    stopped_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
    wake();
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
    arm(begun ? limits.request : limits.idle);
    for (;;) {
        buffer_.erase(0, parser.feed(buffer_));
        arrival.refusal = parser.refusal();
        if (parser.complete()) arrival.request = parser.take();
        if (!arrival.closed()) break;
        if (parser.wants_continue()) {
            const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(socket_, asio::buffer(go_on), use_nothrow);
        }
        const auto space = asio::buffer(chunk_);
        auto [error, count] = co_await socket_.async_read_some(space, use_nothrow);
        if (error) {
            if (expired_ && begun) arrival.refusal = too_slow();
            break;
        }
        if (!begun) arm(limits.request);
        begun = true;
        buffer_.append(chunk_.data(), count);
    }
    disarm();
}

asio::awaitable<bool> Session::handle(Request request) {
    const auto called = route(request);
    std::optional<Response> response;
    if (!called) {
        response = to_response(called.error());
    } else if (auto refusal = refuse_stranger(*called, peer_, *hub_->operations())) {
        response = to_response(*refusal);
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
    try {
        const bool wants_lines = request.accept.find(json_lines_type) != std::string::npos;
        if (const auto* act = std::get_if<ActCall>(&call)) {
            pending_.emplace();
            pending_->streams = wants_lines && act->wait;
            return begin_command(call, act->units, act->timeout);
        }
        if (const auto* scale = std::get_if<ScaleCall>(&call)) {
            const auto problem = hub_->operations()->refuse_scaling(scale->scalings);
            if (!problem.empty()) return refuse_scaling(problem);
            pending_.emplace();
            pending_->streams = wants_lines && scale->wait;
            Selectors units;
            for (const auto& each : scale->scalings) units.push_back(each.unit);
            return begin_command(call, std::move(units), scale->timeout);
        }
        if (const auto* wait = std::get_if<WaitCall>(&call)) {
            pending_.emplace();
            pending_->streams = wants_lines;
            return begin_command(call, wait->units, wait->timeout);
        }
        if (const auto* threads = std::get_if<ThreadsCall>(&call)) return begin_threads(*threads);
        const auto* events = std::get_if<EventsCall>(&call);
        if (events != nullptr && events->follow) return begin_events(*events);
        return answer_at_once(call, *hub_->operations());
    } catch (const std::exception& error) {
        drop_pending();
        return to_response(
            Refusal{500,
                    {"internal", "cannot carry this out: " + std::string{error.what()},
                     "try again; superd's own log tells more"},
                    {}});
    }
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
