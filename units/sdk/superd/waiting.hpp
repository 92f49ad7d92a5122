// How a coroutine waits so that the worker can end, and how it does what blocks.
#pragma once

#include <condition_variable>
#include <deque>
#include <superd/listed.hpp>
#include <superd/loop.hpp>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace superd {

// While it lives, the coroutine that made it only waits for its client, by an operation on `object`
// (a socket, a timer): once the worker stops and drain_grace is over, or after `limit`, that
// operation is cancelled and ends with asio::error::operation_aborted. Declare it around the one
// co_await that it is about.
template <class Object>
class Idle : detail::Waiter {
public:
    // `ends_in_drain`: false when a task is half begun, so that only `limit` ends the wait.
    Idle(detail::Loop& loop, Object& object, std::chrono::milliseconds limit = {},
         bool ends_in_drain_ = true) noexcept
        : Waiter{[](Waiter& self) { static_cast<Idle&>(self).object_.cancel(); }}, object_{object} {
        limit_ms = static_cast<std::uint32_t>(limit.count());
        ends_in_drain = ends_in_drain_;
        loop.idle(*this);
    }
    Idle(Context& context, Object& object, std::chrono::milliseconds limit = {})
        : Idle{context.loop(), object, limit} {}

private:
    Object& object_;
};

namespace detail {
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Sleeper : public Waiter {
public:
    explicit Sleeper(Loop& loop, std::chrono::nanoseconds time)
        : Waiter{[](Waiter& self) { static_cast<Sleeper&>(self).timer.cancel(); }},
          timer{loop.io(), time} {
        loop.sleeping(*this);
    }
    Timer timer;
};
}  // namespace detail

// Waits. When the worker stops meanwhile it still waits to the end: for what a client waits for.
template <class AnyExecutor = asio::any_io_executor>
asio::awaitable<void, AnyExecutor> wait(Context& context, std::chrono::nanoseconds time) {
    detail::Timer timer{context.loop().io(), time};
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    co_await timer.async_wait(use);
}

// Waits, but not beyond a stop of the worker, and not at all when it is stopping. False when it
// stops.
template <class AnyExecutor = asio::any_io_executor>
asio::awaitable<bool, AnyExecutor> sleep(Context& context, std::chrono::nanoseconds time) {
    if (context.stopping()) co_return false;
    detail::Sleeper sleeper{context.loop(), time};
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    const auto token = asio::as_tuple(use);
    co_await sleeper.timer.async_wait(token);
    co_return !context.stopping();
}

namespace detail {

// Cancels `work` when it takes longer than the unit's task-timeout. It is the listed task `entry`.
template <class AnyExecutor>
asio::awaitable<void, AnyExecutor> within_limit(Loop& loop, std::uint32_t entry,
                                                asio::awaitable<void, AnyExecutor> work) {
    Limit limit{loop.context().tasks(), entry};
    loop.limited(limit);
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    auto token = asio::bind_cancellation_slot(limit.slot(), use);
    const auto executor = loop.executor_for<AnyExecutor>(entry);
    co_await asio::co_spawn(executor, std::move(work), std::move(token));
}

// The same where there is such a limit; else `work` as it is, without a coroutine around it.
template <class AnyExecutor>
asio::awaitable<void, AnyExecutor> limited(Loop& loop, std::uint32_t entry,
                                           asio::awaitable<void, AnyExecutor> work) {
    if (!loop.limits_tasks()) return work;
    return within_limit(loop, entry, std::move(work));
}

// Runs `work` so that the list of tasks tells when it runs and when it waits.
template <class AnyExecutor>
asio::awaitable<void, AnyExecutor> followed(Loop& loop, std::uint32_t entry,
                                            asio::awaitable<void, AnyExecutor> work) {
    constexpr asio::use_awaitable_t<AnyExecutor> use;
    const auto executor = loop.executor_for<AnyExecutor>(entry);
    co_await asio::co_spawn(executor, std::move(work), use);
}

}  // namespace detail

// Runs `work` as a task of its own within this coroutine: listed under `name` while it runs,
// cancelled when it takes longer than the unit's task-timeout; its operations then end with
// asio::error::operation_aborted.
template <class AnyExecutor>
asio::awaitable<void, AnyExecutor> task(
    Context& context, std::string_view name, asio::awaitable<void, AnyExecutor> work,
    std::source_location where = std::source_location::current()) {
    const detail::Listed listed{context, name, where};
    context.slot().note(name);
    auto& loop = context.loop();
    const bool follows = detail::is_followed<AnyExecutor> && !loop.limits_tasks();
    auto one = follows ? detail::followed(loop, listed.entry(), std::move(work))
                       : detail::limited(loop, listed.entry(), std::move(work));
    co_await std::move(one);
}

}  // namespace superd
