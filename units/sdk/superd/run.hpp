// How a service of each model is run in its worker.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <poll.h>

#include <concepts>
#include <superd/blocking.hpp>

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

struct Descriptor {
    explicit Descriptor(int fd_) : fd{fd_} {
        if (fd < 0) throw std::system_error{errno, std::system_category(), "cannot begin to wait"};
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(fd); }
    int fd;
};

// How one thread of several takes connections: one of them is woken for each.
class Taker {
public:
    explicit Taker(Context& context) : context_{context}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        for (const auto& listener : context.listeners())
            if (listener.stream) watch(listener.fd, EPOLLIN | EPOLLEXCLUSIVE);
        watch(context.host().stop_fd, EPOLLIN);
    }

    // The next connection; gives signs of life while there is none. Nothing once the worker stops
    // and no more wait.
    std::optional<Socket> next(Slot& slot) {
        for (;;) {
            const bool last = context_.stopping();
            for (const auto& listener : context_.listeners()) {
                if (!listener.stream) continue;
                const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
                if (fd >= 0) return Socket{fd, &slot, context_.host().stop_ns};
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) pause(slot);
            }
            if (last) return std::nullopt;
            slot.beat();
            epoll_event event;
            ::epoll_wait(epoll_.fd, &event, 1, 500);
        }
    }

private:
    void watch(int fd, std::uint32_t events) {
        epoll_event event{.events = events, .data = {.fd = fd}};
        if (::epoll_ctl(epoll_.fd, EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::system_error{errno, std::system_category(), "cannot watch a listener"};
    }

    // Out of descriptors or memory: that passes.
    void pause(Slot& slot) {
        slot.beat();
        pollfd stop{context_.host().stop_fd, POLLIN, 0};
        ::poll(&stop, 1, 100);
    }

    Context& context_;
    Descriptor epoll_;
};

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
        std::_Exit(0);
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
        construct(service, context);
        become_ready(context);
        // Its own thread: the main one is the service's.
        Descriptor over{::eventfd(0, EFD_CLOEXEC)};
        std::thread watcher{[&context, &service, &over] {
            watch(*service, context, over.fd);
            if (!context.stopping()) return;
            begin_stop(context);
            pollfd done{over.fd, POLLIN, 0};
            const auto left = context.drain_deadline();
            const auto milliseconds = left == std::chrono::steady_clock::time_point::max()
                                          ? -1
                                          : std::chrono::duration_cast<std::chrono::milliseconds>(
                                                left - std::chrono::steady_clock::now())
                                                .count();
            if (::poll(&done, 1, static_cast<int>(std::max<long>(milliseconds, -1))) == 0)
                cut_off(context);
        }};
        int code = 1;
        std::exception_ptr error;
        try {
            code = service->run(context);
        } catch (...) {
            error = std::current_exception();
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(over.fd, &one, sizeof one);
        watcher.join();
        if (error) std::rethrow_exception(error);
        if (!context.running_.join(context.drain_deadline())) cut_off(context);
        return code;
    }

    template <class S>
    static int threads(Context& context) {
        std::optional<S> service;
        construct(service, context);
        for (unsigned i = 0; i < std::max(1u, context.threads()); ++i)
            context.running_.start("", Job{[&context, &service](Slot& slot) {
                                       if constexpr (RunsThreads<S>)
                                           service->thread(context, slot);
                                       else
                                           serve_connections(*service, context, slot);
                                   }},
                                   {});
        become_ready(context);
        // The slot of the main thread says nothing: it only waits.
        context.slot_.raw().kind.store(0);
        watch(*service, context);
        begin_stop(context);
        if (!context.running_.join(context.drain_deadline())) cut_off(context);
        return 0;
    }

    template <class S>
    static void serve_connections(S& service, Context& context, Slot& slot) {
        Taker taker{context};
        while (auto socket = taker.next(slot)) {
            const auto done = slot.done();
            slot.note("connection");
            slot.resumed();
            try {
                service.connection(context, slot, std::move(*socket));
            } catch (const std::system_error& failure) {
                if (failure.code() != std::errc::connection_reset &&
                    failure.code() != std::errc::broken_pipe)
                    context.log().error("a connection ended with an exception: ", failure.what());
            } catch (const std::exception& failure) {
                context.log().error("a connection ended with an exception: ", failure.what());
            }
            slot.waiting();
            slot.note("");
            // A connection whose tasks the service did not tell one by one is a task itself.
            if (slot.done() == done) slot.count();
        }
    }

    template <class S>
    static int coroutines(Context& context) {
        std::optional<S> service;
        Loop loop{context};
        construct(service, context);
        loop.on_reload([&service, &context] { reload(*service, context); });
        loop.on_stop([&context] { begin_stop(context); });
        if constexpr (AwaitsConnections<S>) {
            for (const auto& listener : context.listeners())
                if (listener.stream)
                    loop.listen(listener, [&service, &context](TcpSocket socket) {
                        return service->connection(context, std::move(socket));
                    });
        }
        if constexpr (AwaitsRun<S>)
            context.spawn("run", [&service, &context] { return service->run(context); });
        become_ready(context);
        if (!loop.run()) cut_off(context);
        return 0;
    }
};

}  // namespace detail
}  // namespace superd
