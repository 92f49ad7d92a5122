// HTTP/1.1 for services of each model: keep-alive, pipelining, bodies by length or in chunks, HEAD,
// Expect, limits, and a drain that fails no request. Not included by superd/service.hpp.
//
// A handler is called with each request and fills the answer in:
//
//   void handle(const http::Request& request, http::Response& response);
//
// In the coroutine model it may instead return an asio::awaitable<void>, or, cheaper where most
// requests are answered at once, a std::optional of one. An exception that leaves it is logged and
// answered with 500; one that ends because of the unit's task-timeout with 503.
#pragma once

#include <superd/http_dialogue.hpp>
#include <superd/service.hpp>

#include <boost/asio/write.hpp>

namespace superd::http {
namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// Calls the handler; what is still to be awaited, if anything.
template <class AnyExecutor, class Handler>
std::optional<asio::awaitable<void, AnyExecutor>> call(Context& context, Handler& handler,
                                                       Dialogue& dialogue) {
    auto& slot = context.slot();
    slot.note(dialogue.request().title());
    try {
        using Result = decltype(handler(dialogue.request(), dialogue.response()));
        if constexpr (std::is_void_v<Result>)
            handler(dialogue.request(), dialogue.response());
        else
            return handler(dialogue.request(), dialogue.response());
    } catch (const std::exception& failure) {
        context.log().error("cannot answer ", dialogue.request().title(), ": ", failure.what());
        dialogue.failed(500);
    }
    return std::nullopt;
}

// Why a handler's coroutine failed, as a status code.
inline unsigned failure_of(Context& context, const Request& request,
                           const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
        if (failure.code() == asio::error::operation_aborted && context.loop().limits_tasks()) {
            context.log().warning(request.title(),
                                  " took longer than task-timeout and was cancelled");
            return 503;
        }
        context.log().error("cannot answer ", request.title(), ": ", failure.what());
    } catch (const std::exception& failure) {
        context.log().error("cannot answer ", request.title(), ": ", failure.what());
    } catch (...) {
        context.log().error("cannot answer ", request.title(), ": an exception of an unknown type");
    }
    return 500;
}

// Answers that wait to be written, all connections' of this thread: nothing is left there when a
// coroutine is suspended.
inline std::string& pending() {
    thread_local std::string out;
    return out;
}

// What one connection of the coroutine model waits for, if it waits for more than its client's next
// bytes.
template <class AnyExecutor>
struct Turn {
    std::unique_ptr<std::string> rest;                        // Of answers, to be written.
    std::optional<asio::awaitable<void, AnyExecutor>> later;  // What will answer the request.
    bool over = false;                                        // The connection is.
    bool waits() const { return !over && (later || rest); }
};

// Writes what it can without waiting.
template <class Socket, class AnyExecutor>
void write_now(Socket& socket, std::string& out, Turn<AnyExecutor>& turn) {
    if (out.empty()) return;
    boost::system::error_code error;
    const std::size_t sent = socket.write_some(asio::buffer(out), error);
    turn.over = error && error != asio::error::would_block;
    if (sent < out.size() && !turn.over) turn.rest = std::make_unique<std::string>(out, sent);
    out.clear();
}

// Answers the requests that have come, as far as that goes without waiting.
template <class Socket, class Handler, class AnyExecutor>
void answer_now(Context& context, Socket& socket, Handler& handler, Dialogue& dialogue,
                Turn<AnyExecutor>& turn) {
    auto& out = pending();
    for (auto next = dialogue.next(); next != Dialogue::Next::more; next = dialogue.next()) {
        if (next == Dialogue::Next::request) {
            turn.later = call<AnyExecutor>(context, handler, dialogue);
            if (turn.later) break;
        }
        dialogue.answered(out, context.stopping());
        context.slot().count();
    }
    context.slot().note("");
    if (!turn.later) out += dialogue.interim();
    write_now(socket, out, turn);
}

// Waits for what the turn waits for, and for what comes of that. A coroutine of its own, so that a
// connection which waits for its client alone, as most do, needs no memory for this.
template <class Socket, class Handler, class AnyExecutor>
asio::awaitable<void, AnyExecutor> go_on(Context& context, Socket& socket, Handler& handler,
                                         Dialogue& dialogue, Turn<AnyExecutor>& turn) {
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    const auto token = asio::as_tuple(use);
    const auto where = std::source_location::current();
    while (turn.waits()) {
        if (turn.rest) {
            const auto left = asio::buffer(*turn.rest);
            const auto [error, count] = co_await asio::async_write(socket, left, token);
            turn.rest.reset();
            turn.over = static_cast<bool>(error);
            continue;
        }
        // As superd::task() does, but without one more coroutine for each request that waits.
        std::exception_ptr thrown;
        try {
            const auto title = dialogue.request().title();
            const superd::detail::Listed listed{context, title, where};
            context.slot().note(title);
            auto work =
                superd::detail::limited(context.loop(), listed.entry(), std::move(*turn.later));
            turn.later.reset();
            co_await std::move(work);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown) dialogue.failed(failure_of(context, dialogue.request(), thrown));
        dialogue.answered(pending(), context.stopping());
        context.slot().count();
        answer_now(context, socket, handler, dialogue, turn);
    }
}

// A client that has sent more than was read would lose the answer with the connection's reset: lets
// it read first.
template <class AnyExecutor, class Socket>
asio::awaitable<void, AnyExecutor> linger(Context& context, Socket& socket) {
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    const auto token = asio::as_tuple(use);
    boost::system::error_code ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    const Idle idle{context.loop(), socket, std::chrono::seconds{2}};
    for (;;) {
        char scrap[1024];
        const auto space = asio::buffer(scrap);
        const auto [error, count] = co_await socket.async_read_some(space, token);
        if (error) co_return;
    }
}

}  // namespace detail

// Serves a connection of the coroutine model until it ends: `co_return co_await http::serve(...)`,
// or plainly return what this returns. `handler` is kept as long. `Socket` is TcpSocket or
// asio::ip::tcp::socket.
template <class Socket, class Handler, class AnyExecutor = typename Socket::executor_type>
asio::awaitable<void, AnyExecutor> serve(Context& context, Socket socket, Handler handler,
                                         const Options options = {}) {
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    const auto token = asio::as_tuple(use);
    Dialogue dialogue{options};
    detail::Turn<AnyExecutor> turn;
    socket.non_blocking(true);
    while (!dialogue.closing()) {
        {
            const auto room = dialogue.space();
            const auto space = asio::buffer(room.data(), room.size());
            const Idle idle{context.loop(), socket, options.idle_max, !dialogue.begun()};
            const auto [error, count] = co_await socket.async_read_some(space, token);
            if (error) co_return;
            dialogue.add(count);
        }
        detail::answer_now(context, socket, handler, dialogue, turn);
        if (turn.waits()) {
            co_await detail::go_on(context, socket, handler, dialogue, turn);
        }
        if (turn.over) co_return;
    }
    if (dialogue.begun()) {
        co_await detail::linger<AnyExecutor>(context, socket);
    }
}

// Serves a connection of the process or thread model until it ends.
template <class Handler>
void serve(Context& context, Slot& slot, superd::Socket& socket, Handler&& handler,
           const Options& options = {}) {
    Dialogue dialogue{options};
    auto& out = detail::pending();
    while (!dialogue.closing()) {
        const auto count = socket.read_some(dialogue.space(), options.idle_max);
        if (count == 0) return;
        dialogue.add(count);
        for (auto next = dialogue.next(); next != Dialogue::Next::more; next = dialogue.next()) {
            if (next == Dialogue::Next::request) {
                const auto busy = slot.busy(dialogue.request().title());
                try {
                    handler(dialogue.request(), dialogue.response());
                } catch (const std::exception& failure) {
                    context.log().error("cannot answer ", dialogue.request().title(), ": ",
                                        failure.what());
                    dialogue.failed(500);
                }
            }
            dialogue.answered(out, context.stopping());
        }
        out += dialogue.interim();
        const std::string answers = std::exchange(out, {});
        socket.write(answers);
    }
}

}  // namespace superd::http
