// The part of a session that waits: for a command's outcome or for events.
#include "control/session.hpp"
#include "os/foreign_socket.hpp"
#include "wire/event.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace superd::control {

namespace asio = boost::asio;

namespace {

constexpr auto use_nothrow = asio::as_tuple(asio::use_awaitable);
// What a client may send ahead while it waits for an answer.
constexpr std::size_t ahead_max = 128 * 1024;

}  // namespace

std::optional<Response> Session::begin_errand(const Call& call, bool streams) {
    pending_.emplace();
    pending_->errand.emplace(hub_, [this] { wake(); });  // Ends with the session.
    auto& errand = *pending_->errand;
    auto response = errand.prepare(call);
    if (!response) {
        pending_->streams = streams;
        pending_->targets = errand.targets();
        pending_->every_unit = errand.every_unit();
        if (streams) subscribe();
        response = errand.begin(call);
        // What is known at once comes after the events that led to it.
        if (streams && pending_->finished()) return {};
    }
    if (response) drop_pending();
    return response;
}

std::optional<Response> Session::begin_events(const EventsCall& call) {
    auto& operations = *hub_->operations();
    auto targets = select(call.units, operations);
    if (!targets) return to_response(targets.error());
    pending_.emplace();
    pending_->streams = true;
    pending_->every_unit = call.units.empty();
    pending_->targets = std::move(*targets);
    // Nothing comes between the two: all of this is one turn of the event loop.
    if (call.since) {
        pending_->lines = operations.events_since(resolve(*call.since), pending_->targets);
    }
    subscribe();
    return {};
}

void Session::subscribe() {
    const auto id =
        hub_->operations()->subscribe([weak = weak_from_this()](const std::string& line) {
            if (const auto self = weak.lock()) self->take_event(line);
        });
    pending_->subscription = id;
    hub_->subscribed(id);
}

void Session::take_event(const std::string& line) {
    if (!pending_ || pending_->overflowed) return;
    if (!pending_->every_unit) {
        const auto event = wire::parse_event(line);
        const auto concerns = [&](const supervisor::Target& target) {
            if (target.unit != event->unit) return false;
            return target.index == core::all_instances || !event->instance ||
                   target.index == *event->instance;
        };
        if (!event || std::ranges::none_of(pending_->targets, concerns)) return;
    }
    if (pending_->lines.size() + line.size() > hub_->limits().backlog_bytes_max) {
        // It reads too slowly: it cannot have what it asked for, and keeping
        // more for it would be at everybody else's cost.
        pending_->overflowed = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);  // It may be in the middle of a part that is not taken.
    } else {
        pending_->lines += line;
        if (!line.ends_with('\n')) pending_->lines += '\n';
    }
    wake();
}

void Session::drop_pending() {
    if (!pending_) return;
    if (pending_->subscription != 0) hub_->unsubscribe(pending_->subscription);
    pending_.reset();
}

// What the peer's uid does not decide is asked for, and waited for.
asio::awaitable<Verdict> Session::permitted(Verdict routed) {
    if (!routed) co_return routed;
    auto refusal = refuse_stranger(*routed, peer_, *hub_->operations());
    if (!refusal) co_return routed;
    if (!peer_.ask || right_for(*routed) != Right::change) {
        Verdict refused = std::unexpected{std::move(*refusal)};
        co_return refused;
    }
    verdict_.reset();
    peer_.ask(std::move(*routed), [weak = weak_from_this()](Verdict verdict) {
        const auto self = weak.lock();
        if (!self) return;
        self->verdict_ = std::move(verdict);
        self->wake();
    });
    watch_client();
    while (!verdict_ && !hung_up_ && !stopped_) {
        wake_.expires_at(asio::steady_timer::time_point::max());
        co_await wake_.async_wait(use_nothrow);
    }
    unwatch_client();
    if (!verdict_) co_return routed;  // Nobody is there to be told.
    co_return std::move(*verdict_);
}

asio::awaitable<bool> Session::run_pending(const Request& request) {
    watch_client();
    bool good = true;
    while (good && !hung_up_ && !stopped_) {
        if (pending_->overflowed) break;
        if (!pending_->lines.empty() || (pending_->streams && !pending_->head_sent)) {
            good = co_await send_lines(request);
            continue;
        }
        if (pending_->finished()) break;
        const auto never = asio::steady_timer::time_point::max();
        const auto deadline =
            pending_->errand ? pending_->errand->deadline().value_or(never) : never;
        if (deadline <= std::chrono::steady_clock::now()) break;
        wake_.expires_at(deadline);
        co_await wake_.async_wait(use_nothrow);
    }
    unwatch_client();
    if (!good || hung_up_ || stopped_ || pending_->overflowed) {
        drop_pending();
        co_return false;
    }
    co_return co_await finish_pending(request);
}

asio::awaitable<bool> Session::send_lines(const Request& request) {
    const bool chunked = !request.http_1_0;
    std::string bytes;
    if (!pending_->head_sent) bytes = stream_head(chunked, request.keep_alive);
    pending_->head_sent = true;
    const auto lines = std::exchange(pending_->lines, {});
    if (!lines.empty()) bytes += stream_part(lines, chunked);
    const bool sent = co_await write(bytes);
    co_return sent;
}

asio::awaitable<bool> Session::finish_pending(const Request& request) {
    const bool chunked = !request.http_1_0;
    const bool streams = pending_->streams;
    auto response = pending_->errand->response();
    drop_pending();
    if (!streams) co_return co_await respond(std::move(response), request.keep_alive);
    const auto bytes = stream_part(response.body, chunked) + stream_end(chunked);
    const bool sent = co_await write(bytes);
    co_return sent&& chunked&& request.keep_alive;
}

// A client that waits may leave: its socket becomes readable then, at its end.
void Session::watch_client() {
    if (watch_ == 0) watch_ = ++watches_;
    socket_.async_wait(Socket::wait_read, [weak = weak_from_this(),
                                           watch = watch_](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->watch_ == watch) self->client_readable();
    });
}

void Session::unwatch_client() {
    watch_ = 0;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Session::client_readable() {
    const auto count = os::receive_bytes(socket_.native_handle(), chunk_);
    const bool nothing_yet = count < 0 && (errno == EAGAIN || errno == EINTR);
    if (count > 0) buffer_.append(chunk_.data(), static_cast<std::size_t>(count));
    if ((count > 0 && buffer_.size() <= ahead_max) || nothing_yet) return watch_client();
    hung_up_ = true;
    wake();
}

void Session::wake() { wake_.cancel(); }

}  // namespace superd::control
