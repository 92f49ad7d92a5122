// The coroutine model's event loop: one thread, one io_context, no locks.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <superd/context.hpp>
#include <superd/failure.hpp>
#include <superd/limit.hpp>
#include <superd/task_executor.hpp>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace superd {

namespace asio = boost::asio;

// What the loop's own coroutines run on. Naming it, instead of asio's any_io_executor, makes each
// operation a little cheaper; a service may use either: asio::awaitable<void> with
// asio::ip::tcp::socket, or these.
using Executor = asio::io_context::executor_type;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

namespace detail {

// Whether coroutines of that executor can be told apart as they are resumed: those of
// asio::any_io_executor can, those of the loop's own executor are resumed by it directly.
template <class Executor_>
inline constexpr bool is_followed = std::is_constructible_v<Executor_, TaskExecutor<Executor>>;

class Loop {
public:
    static constexpr std::chrono::milliseconds beat_interval{100}, drain_interval{10};

    explicit Loop(Context& context)
        : context_{context},
          beat_{io_},
          stop_{io_, ::fcntl(context.host().stop_fd, F_DUPFD_CLOEXEC, 0)},
          reload_{io_, ::fcntl(context.host().reload_fd, F_DUPFD_CLOEXEC, 0)},
          pool_{context.running(), context.threads()},
          now_ns_{now_ns()},
          current_{context.tasks(), context.host().enter_thread(0), now_ns_} {
        context.loop_ = this;
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop() {
        context_.loop_ = nullptr;
        // What they run would post its answer here.
        pool_.close();
        context_.running().join(std::chrono::steady_clock::time_point::max());
    }

    Context& context() noexcept { return context_; }
    asio::io_context& io() noexcept { return io_; }
    Executor executor() noexcept { return io_.get_executor(); }

    // Accepts from `listener`, and begins what `start(socket)` returns for each connection.
    template <class Start>
    void listen(const Listener& listener, Start start);

    // Begins a coroutine that is counted, and listed when it has an entry in the table of tasks.
    template <class Work>
    void begin(Work&& work, std::uint32_t entry);

    // The same, whatever the unit's task-timeout.
    template <class Work>
    void begin_unlimited(Work&& work, std::uint32_t entry);

    // The same as begin() for one that has a name, and is listed by it.
    template <class Work>
    void spawn(std::string_view name, Work&& work,
               const std::source_location& where = std::source_location::current()) {
        begin(std::forward<Work>(work),
              context_.tasks().begin(name, 0, where, protocol::TaskState::suspended));
    }

    // What a coroutine that is listed there is resumed by.
    template <class Executor_>
    Executor_ executor_for(std::uint32_t entry) noexcept {
        if constexpr (is_followed<Executor_>)
            if (entry != TaskTable::unlisted)
                return Executor_{TaskExecutor<Executor>{executor(), current_, entry}};
        return Executor_{executor()};
    }

    // Called when the configuration shall be read anew.
    void on_reload(std::function<void()> reload) { on_reload_ = std::move(reload); }

    // Called once, when the worker shall stop.
    void on_stop(std::function<void()> stop) { on_stop_ = std::move(stop); }

    // Serves until the worker was told to stop and all that ran is done, or has failed. False: not
    // all was done in time.
    bool run();
    // run() also ends when no coroutine is left, though nobody has told the worker to stop.
    void end_when_done() noexcept { ends_when_done_ = true; }

    // Called by a coroutine: with its end run() ends, with an error, unless that is only how what
    // waits ends when the worker stops.
    void fail(std::exception_ptr error) noexcept;
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }
    // How many coroutines have not ended.
    int live() const noexcept { return live_; }

    // The lists that a beat looks at.
    void idle(Waiter& waiter) noexcept { idle_.add(waiter, now_ms()); }
    void sleeping(Waiter& waiter) noexcept { sleeping_.add(waiter, now_ms()); }
    void limited(Waiter& waiter) noexcept {
        waiter.limit_ms = static_cast<std::uint32_t>(context_.host().task_timeout_ms);
        limited_.add(waiter, now_ms());
    }
    bool limits_tasks() const noexcept { return context_.host().task_timeout_ms != 0; }

    // Threads for what blocks.
    Pool& pool() noexcept { return pool_; }

    void ended(std::exception_ptr error, std::uint32_t entry) noexcept;

private:
    struct Accepting {
        virtual ~Accepting() = default;
        virtual void stop() = 0;
    };
    template <class Start>
    class Acceptor;

    // Of the last beat. It wraps after 49 days: only differences are meant.
    std::uint32_t now_ms() const noexcept {
        return static_cast<std::uint32_t>(now_ns_ / 1'000'000);
    }
    void arm_beat();
    void beat(std::uint64_t late_ns);
    void stop();
    void await_reload();
    void count(int change) noexcept {
        live_ += change;
        context_.slot().raw().live.store(static_cast<std::uint32_t>(live_),
                                         std::memory_order_relaxed);
    }
    void finish_when_done() {
        const bool ends = stopping_ || ends_when_done_;
        if (failure_ || (ends && live_ == 0 && accepting_ == 0)) io_.stop();
    }

    Context& context_;
    // Its I/O objects are used by one thread alone; post() may be called by any.
    asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    asio::steady_timer beat_;
    asio::posix::stream_descriptor stop_, reload_;
    std::vector<std::unique_ptr<Accepting>> acceptors_;
    std::function<void()> on_reload_, on_stop_;
    WaiterList idle_, sleeping_, limited_;
    Pool pool_;
    std::uint64_t now_ns_;  // At the last beat.
    Current current_;
    int live_ = 0;
    int accepting_ =
        0;  // Accepts under way: one may have taken a connection that nobody knows of yet.
    bool stopping_ = false, cut_off_ = false, recycle_asked_ = false, ends_when_done_ = false;
    std::exception_ptr failure_;
};

// What a coroutine's end is told to. Without a limit it is trivial to move, which Asio does often.
struct Ended {
    using executor_type = Here;
    executor_type get_executor() const noexcept { return {}; }
    Loop* loop;
    std::uint32_t entry;
    void operator()(std::exception_ptr error) const noexcept {
        loop->ended(std::move(error), entry);
    }
};
struct LimitedEnded {
    LimitedEnded(Ended ended_, std::unique_ptr<Limit> limit_) noexcept
        : ended{ended_}, limit{std::move(limit_)} {}
    using executor_type = Here;
    executor_type get_executor() const noexcept { return {}; }
    Ended ended;
    std::unique_ptr<Limit> limit;
    void operator()(std::exception_ptr error) const noexcept { ended(std::move(error)); }
};

template <class Start>
class Loop::Acceptor : public Accepting {
public:
    Acceptor(Loop& loop, int fd, Start start)
        : loop_{loop}, start_{std::move(start)}, acceptor_{loop.io_}, pause_{loop.io_} {
        // A Unix socket is served the same way: only its peer's address cannot be asked for.
        acceptor_.assign(asio::ip::tcp::v4(), fd);
        accept();
    }

    void stop() override {
        pause_.cancel();
        boost::system::error_code error;
        acceptor_.non_blocking(true, error);
        while (!error) {
            TcpSocket socket{loop_.io_};
            acceptor_.accept(socket, error);
            if (!error) begin(std::move(socket));
        }
        acceptor_.close(error);
    }

private:
    // What is no coroutine itself, but only returns one, may throw before there is any.
    void begin(TcpSocket socket) {
        std::invoke_result_t<Start&, TcpSocket> work;
        try {
            work = start_(std::move(socket));
        } catch (...) {
            return tell(loop_.context().log(), std::current_exception());
        }
        loop_.begin(std::move(work), TaskTable::unlisted);
    }

    void accept() {
        ++loop_.accepting_;
        acceptor_.async_accept([this](boost::system::error_code error, TcpSocket socket) {
            --loop_.accepting_;
            // One that was accepted is served, though the stop may have come in between.
            if (!error) begin(std::move(socket));
            if (!acceptor_.is_open()) return loop_.finish_when_done();
            if (!error) return accept();
            if (error == asio::error::connection_aborted) return accept();
            loop_.context().log().warning("cannot accept a connection: ", error.message(),
                                          "; trying again");
            pause_.expires_after(beat_interval);
            pause_.async_wait([this](boost::system::error_code cancelled) {
                if (!cancelled) accept();
            });
        });
    }

    Loop& loop_;
    Start start_;
    asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor_;
    asio::steady_timer pause_;
};

template <class Start>
void Loop::listen(const Listener& listener, Start start) {
    acceptors_.push_back(std::make_unique<Acceptor<Start>>(*this, listener.fd, std::move(start)));
}

template <class Work>
void Loop::begin_unlimited(Work&& work, std::uint32_t entry) {
    count(1);
    using Resumes = typename ExecutorOf<std::remove_cvref_t<Work>>::type;
    asio::co_spawn(executor_for<Resumes>(entry), std::forward<Work>(work), Ended{this, entry});
}

template <class Work>
void Loop::begin(Work&& work, std::uint32_t entry) {
    if (entry == TaskTable::unlisted || !limits_tasks())
        return begin_unlimited(std::forward<Work>(work), entry);
    count(1);
    using Resumes = typename ExecutorOf<std::remove_cvref_t<Work>>::type;
    const auto resumes = executor_for<Resumes>(entry);
    auto limit = std::make_unique<Limit>(context_.tasks(), entry);
    limited(*limit);
    const auto slot = limit->slot();
    asio::co_spawn(
        resumes, std::forward<Work>(work),
        asio::bind_cancellation_slot(slot, LimitedEnded{Ended{this, entry}, std::move(limit)}));
}

inline bool Loop::run() {
    stop_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                         if (!error) stop();
                     });
    await_reload();
    beat_.expires_after(beat_interval);
    arm_beat();
    io_.run();
    return !cut_off_;
}

inline void Loop::arm_beat() {
    beat_.async_wait([this](boost::system::error_code error) {
        const auto late = std::chrono::steady_clock::now() - beat_.expiry();
        if (error) return;
        beat(static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(late).count()));
        beat_.expires_after(stopping_ ? drain_interval : beat_interval);
        arm_beat();
    });
}

inline void Loop::beat(std::uint64_t late_ns) {
    now_ns_ = now_ns();
    auto& slot = context_.slot().raw();
    const auto lag = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(late_ns / 1000, std::numeric_limits<std::uint32_t>::max()));
    slot.lag_us.store(lag, std::memory_order_relaxed);
    if (lag > slot.lag_worst_us.load(std::memory_order_relaxed))
        slot.lag_worst_us.store(lag, std::memory_order_relaxed);
    slot.beat_ns.store(now_ns_, std::memory_order_relaxed);
    context_.slot().note("");  // What ran before runs no more.

    constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();
    constexpr std::uint32_t grace = drain_grace.count();
    limited_.sweep(now_ms(), never);
    idle_.sweep(now_ms(), stopping_ ? grace : never);
    sleeping_.sweep(now_ms(), stopping_ ? 0 : never);

    const auto tasks_max = context_.host().max_tasks;
    if (tasks_max && !recycle_asked_ && context_.slot().done() >= tasks_max) {
        recycle_asked_ = true;
        context_.host().notify("X_SUPERD_RECYCLE=tasks", -1);
    }
    if (stopping_ && std::chrono::steady_clock::now() >= context_.drain_deadline()) {
        cut_off_ = true;
        io_.stop();
    }
}

inline void Loop::stop() {
    stopping_ = true;
    if (on_stop_) on_stop_();
    for (auto& acceptor : acceptors_) acceptor->stop();
    beat_.expires_after(std::chrono::milliseconds{0});  // Its handler sees the cancellation.
    arm_beat();
    finish_when_done();
}

inline void Loop::await_reload() {
    reload_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code error) {
                           if (error) return;
                           std::uint64_t count = 0;
                           if (::read(reload_.native_handle(), &count, sizeof count) > 0)
                               on_reload_();
                           await_reload();
                       });
}

inline void Loop::ended(std::exception_ptr error, std::uint32_t entry) noexcept {
    if (error) tell(context_.log(), error);
    if (entry != TaskTable::unlisted) {
        context_.slot().count();
        current_.ended(entry);
        context_.tasks().end(entry);
    }
    count(-1);
    finish_when_done();
}

inline void Loop::fail(std::exception_ptr error) noexcept {
    if (stopping_ && only_the_end(error)) return;
    if (!failure_) failure_ = std::move(error);
}

}  // namespace detail

inline detail::Loop& Context::loop() const {
    if (!loop_) throw std::logic_error{"only a worker with model = \"coroutines\" has a loop"};
    return *loop_;
}

template <class F>
void Context::spawn(std::string_view name, F&& fn, const std::source_location& where) {
    using Result = decltype(detail::call(fn, slot_));
    if constexpr (!std::is_void_v<Result> && !std::is_arithmetic_v<Result>)
        loop().spawn(name, std::forward<F>(fn), where);
    else
        running_.start(name, detail::Job{std::forward<F>(fn)}, where);
}

}  // namespace superd
