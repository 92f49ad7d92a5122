// Work that blocks, out of the loop's way.
#pragma once

#include <exception>
#include <optional>
#include <superd/waiting.hpp>
#include <variant>

namespace superd {
namespace detail {

template <class F>
using Answer = std::conditional_t<std::is_void_v<std::invoke_result_t<F&>>, std::monostate,
                                  std::invoke_result_t<F&>>;

// Starts `fn` in the pool; its answer is posted to where the awaiting coroutine runs.
struct StartBlocking {
    template <class Handler, class F>
    void operator()(Handler handler, Loop* loop, F fn) const {
        auto executor = asio::get_associated_executor(handler, loop->executor());
        auto guard = asio::make_work_guard(executor);
        loop->pool().submit(Job{
            [handler = std::move(handler), guard = std::move(guard), fn = std::move(fn)]() mutable {
                std::exception_ptr error;
                std::optional<Answer<F>> answer;
                try {
                    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
                        fn();
                        answer.emplace();
                    } else {
                        answer.emplace(fn());
                    }
                } catch (...) {
                    error = std::current_exception();
                }
                asio::post(guard.get_executor(),
                           [handler = std::move(handler), error = std::move(error),
                            answer = std::move(answer)]() mutable {
                               handler(std::move(error), std::move(answer));
                           });
            }});
    }
};

}  // namespace detail

// Runs `fn` on one of the worker's few side threads (as many as the unit's `threads` at most), and
// returns what it returns or throws what it throws. The sanctioned way to block in the coroutine
// model; `fn` must not touch what the loop uses. It is not cancelled: a worker that stops waits for
// it.
template <class AnyExecutor = asio::any_io_executor, class F>
asio::awaitable<std::invoke_result_t<F&>, AnyExecutor> blocking(Context& context, F fn) {
    constexpr asio::use_awaitable_t<AnyExecutor> token;
    detail::Loop* loop = &context.loop();
    using Signature = void(std::exception_ptr, std::optional<detail::Answer<F>>);
    auto started = asio::async_initiate<const asio::use_awaitable_t<AnyExecutor>, Signature>(
        detail::StartBlocking{}, token, loop, std::move(fn));
    [[maybe_unused]] auto answer = co_await std::move(started);
    if constexpr (!std::is_void_v<std::invoke_result_t<F&>>) co_return std::move(*answer);
}

}  // namespace superd
