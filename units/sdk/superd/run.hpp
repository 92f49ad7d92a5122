// How a service of each model is run in its worker.
#pragma once

#include <sys/eventfd.h>

#include <cxxabi.h>
#include <poll.h>

#include <concepts>
#include <superd/blocking.hpp>
#include <superd/crew.hpp>
#include <superd/ending.hpp>
#include <superd/taker.hpp>

namespace superd {

// What preload() is given: it runs once, before any worker, in a process with one thread that
// workers are then forked from. What it loads they share. It must start no thread and open nothing
// that two processes cannot share.
class Preload {
public:
    explicit Preload(const superd_abi_host& host) : config_{host.config}, log_{host} {}
    const Config& config() const noexcept { return config_; }
    const Log& log() const noexcept { return log_; }

private:
    Config config_;
    Log log_;
};

namespace detail {

template <class T>
inline constexpr bool is_awaitable = false;
template <class Executor_>
inline constexpr bool is_awaitable<asio::awaitable<void, Executor_>> = true;

template <class S>
concept RunsProcess = requires(S& s, Context& c) {
    { s.run(c) } -> std::same_as<int>;
};
template <class S>
concept ServesConnections = requires(S& s, Context& c, Slot& slot, Socket socket) {
    s.connection(c, slot, std::move(socket));
};
template <class S>
concept RunsThreads = requires(S& s, Context& c, Slot& slot) { s.thread(c, slot); };
template <class S>
concept AwaitsConnections = requires(S& s, Context& c, TcpSocket socket) {
    requires is_awaitable<decltype(s.connection(c, std::move(socket)))>;
};
template <class S>
concept AwaitsRun = requires(S& s, Context& c) { requires is_awaitable<decltype(s.run(c))>; };

template <class S>
constexpr std::uint32_t models() {
    return (RunsProcess<S> ? SUPERD_PROCESSES : 0) |
           (ServesConnections<S> || RunsThreads<S> ? SUPERD_THREADS : 0) |
           (AwaitsConnections<S> || AwaitsRun<S> ? SUPERD_COROUTINES : 0);
}

class Drive {
public:
    template <class S>
    static int run(const superd_abi_host& host) {
        host.enter_thread(0);
        Context context{host};
        context.slot_.raw().tid.store(static_cast<std::uint32_t>(::gettid()));
        switch (context.model()) {
            case Model::processes:
                if constexpr (RunsProcess<S>) return processes<S>(context);
                break;
            case Model::threads:
                if constexpr (ServesConnections<S> || RunsThreads<S>) return threads<S>(context);
                break;
            case Model::coroutines:
                if constexpr (AwaitsConnections<S> || AwaitsRun<S>) return coroutines<S>(context);
                break;
        }
        throw config_error{
            "model: the module's class has no entry point for it; superd/service.hpp "
            "names one for each model"};
    }

private:
    static constexpr std::chrono::milliseconds stop_look{200};

    template <class S>
    static void construct(std::optional<S>& service, Context& context) {
        if constexpr (std::is_constructible_v<S, Context&>)
            service.emplace(context);
        else
            service.emplace();
    }

    template <class S>
    static void reload(S& service, Context& context) {
        const auto& host = context.host();
        if constexpr (requires(const Config& config) {
                          { service.reload(config) } -> std::same_as<bool>;
                      }) {
            if (const auto* table = host.reload(); table) {
                try {
                    if (service.reload(Config{table})) return;
                } catch (const std::exception& failure) {
                    context.log().error("cannot take over the new configuration: ", failure.what());
                } catch (abi::__forced_unwind&) {
                    throw;
                } catch (...) {
                    context.log().error(
                        "cannot take over the new configuration: an exception of an unknown type");
                }
            }
        }
        host.notify("X_SUPERD_RECYCLE=reload", -1);
    }

    static void become_ready(Context& context) {
        if (!context.ready_later_) context.ready();
    }

    // Ends the worker though something still runs: the time for it is over.
    [[noreturn]] static void cut_off(Context& context) {
        context.log().warning("drain-timeout is over: what still runs is cut off");
        leave(0);
    }

    // Waits for all threads; false when they are not done in time.
    static bool join(Context& context) {
        using Clock = std::chrono::steady_clock;
        if (context.loop_) context.loop_->pool().close();
        for (;;) {
            // Until it comes a stop has no deadline, and it may come at any time.
            const bool stopping = context.stopping();
            const auto until = stopping ? context.drain_deadline() : Clock::now() + stop_look;
            if (context.running_.join(until)) return true;
            if (stopping) return false;
        }
    }

    // Ends the worker with an error. What runs has not been told to stop, and what it uses is about
    // to go: unless it is at its end already it is cut off.
    [[noreturn]] static void fail(Context& context, const std::exception_ptr& error) {
        context.stop_.request_stop();
        if (context.loop_) context.loop_->pool().close();
        const bool alone = !context.loop_ || context.loop_->live() == 0;
        const auto soon = std::chrono::steady_clock::now() + drain_grace;
        if (context.running_.join(soon) && alone) std::rethrow_exception(error);
        leave(guarded(context.host(), [&error]() -> int { std::rethrow_exception(error); }));
    }

    // The exit code of `work`, which is all that a model does, once its threads have ended too.
    template <class Work>
    static int whole(Context& context, Work work) {
        std::exception_ptr error;
        int code = 1;
        try {
            code = work();
        } catch (...) {
            error = std::current_exception();
        }
        if (error) fail(context, error);
        context.stop_.request_stop();
        if (!join(context)) cut_off(context);
        return code;
    }

    static void begin_stop(Context& context) {
        context.host().notify("STOPPING=1", -1);
        context.stop_.request_stop();
    }

    // Tasks done by all threads.
    static std::uint64_t done(Context& context) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < context.page_.header.slots_used.load(); ++i)
            sum += context.page_.slots[i].done.load(std::memory_order_relaxed);
        return sum;
    }

    // Waits for the stop, or for a reload, which it does.
    template <class S>
    static void watch(S& service, Context& context, int also = -1) {
        const auto& host = context.host();
        bool asked = false;
        for (;;) {
            pollfd wait[] = {
                {host.stop_fd, POLLIN, 0}, {host.reload_fd, POLLIN, 0}, {also, POLLIN, 0}};
            const int came = ::poll(wait, 3, host.max_tasks && !asked ? 200 : -1);
            if (came < 0) continue;
            if (wait[2].revents) return;
            if (!asked && host.max_tasks && done(context) >= host.max_tasks) {
                asked = true;
                host.notify("X_SUPERD_RECYCLE=tasks", -1);
            }
            std::uint64_t count = 0;
            if (wait[1].revents && ::read(host.reload_fd, &count, sizeof count) > 0)
                reload(service, context);
            if (wait[0].revents) return;
        }
    }

    template <class S>
    static int processes(Context& context) {
        std::optional<S> service;
        return whole(context, [&service, &context] {
            construct(service, context);
            become_ready(context);
            return run_process(*service, context);
        });
    }

    template <class S>
    static int run_process(S& service, Context& context) {
        // Its own thread: the main one is the service's.
        Descriptor over{::eventfd(0, EFD_CLOEXEC)};
        std::thread watcher{[&context, &service, &over] {
            watch(service, context, over.fd);
            if (!context.stopping()) return;
            begin_stop(context);
            if (!await_readable(over.fd, context.drain_deadline())) cut_off(context);
        }};
        int code = 1;
        std::exception_ptr error;
        try {
            code = service.run(context);
        } catch (...) {
            error = std::current_exception();
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(over.fd, &one, sizeof one);
        watcher.join();
        if (error) std::rethrow_exception(error);
        return code;
    }

    template <class S>
    static int threads(Context& context) {
        const unsigned count = std::max(1u, context.threads());
        Crew crew{count};
        std::optional<S> service;
        return whole(context, [&crew, &service, &context, count] {
            construct(service, context);
            for (unsigned i = 0; i < count; ++i) {
                auto one = [&crew, &service, &context](Slot& slot) {
                    crew.run([&] { be_one_thread(*service, context, slot); });
                };
                context.running_.start("", Job{std::move(one)}, {});
            }
            become_ready(context);
            // The slot of the main thread says nothing: it only waits.
            context.slot_.raw().kind.store(0);
            watch(*service, context, crew.over());
            crew.rethrow();
            if (context.stopping()) begin_stop(context);
            if (!join(context)) cut_off(context);
            crew.rethrow();
            return 0;
        });
    }

    template <class S>
    static void be_one_thread(S& service, Context& context, Slot& slot) {
        if constexpr (RunsThreads<S>)
            service.thread(context, slot);
        else
            serve_connections(service, context, slot);
    }

    template <class S>
    static void serve_connections(S& service, Context& context, Slot& slot) {
        Taker taker{context};
        while (auto socket = taker.next(slot)) {
            const auto done = slot.done();
            slot.note("connection");
            slot.resumed();
            serve_connection(service, context, slot, std::move(*socket));
            slot.waiting();
            slot.note("");
            // A connection whose tasks the service did not tell one by one is a task itself.
            if (slot.done() == done) slot.count();
        }
    }

    template <class S>
    static void serve_connection(S& service, Context& context, Slot& slot, Socket socket) {
        constexpr const char* ended = "a connection ended with an exception";
        try {
            service.connection(context, slot, std::move(socket));
        } catch (const std::system_error& failure) {
            if (failure.code() != std::errc::connection_reset &&
                failure.code() != std::errc::broken_pipe)
                context.log().error(ended, ": ", failure.what());
        } catch (const std::exception& failure) {
            context.log().error(ended, ": ", failure.what());
        } catch (abi::__forced_unwind&) {  // pthread_exit(3): it must go on.
            throw;
        } catch (...) {
            context.log().error(ended, " of an unknown type");
        }
    }

    template <class S>
    static int coroutines(Context& context) {
        std::optional<S> service;
        Loop loop{context};
        return whole(context, [&service, &context, &loop] {
            construct(service, context);
            loop.on_reload([&service, &context] { reload(*service, context); });
            loop.on_stop([&context] { begin_stop(context); });
            if constexpr (AwaitsConnections<S>) listen(loop, *service, context);
            if constexpr (AwaitsRun<S>) begin_run(loop, *service, context);
            become_ready(context);
            if (!loop.run()) cut_off(context);
            loop.rethrow();
            return 0;
        });
    }

    template <class S>
    static void listen(Loop& loop, S& service, Context& context) {
        for (const auto& listener : context.listeners())
            if (listener.stream)
                loop.listen(listener, [&service, &context](TcpSocket socket) {
                    return service.connection(context, std::move(socket));
                });
    }

    template <class S>
    static void begin_run(Loop& loop, S& service, Context& context) {
        using Whole = decltype(service.run(context));
        // It lasts as long as the worker, whatever the task-timeout.
        loop.begin_unlimited(
            [&loop, &service, &context] { return run_or_fail<Whole>(loop, service, context); },
            context.tasks().begin("run", 0, std::source_location::current(),
                                  protocol::TaskState::suspended));
        if constexpr (!AwaitsConnections<S>) loop.end_when_done();
    }

    // run(), whose exception is the worker's.
    template <class Whole, class S>
    static Whole run_or_fail(Loop& loop, S& service, Context& context) {
        try {
            auto work = service.run(context);
            co_await std::move(work);
        } catch (...) {
            loop.fail(std::current_exception());
        }
    }
};

}  // namespace detail
}  // namespace superd
