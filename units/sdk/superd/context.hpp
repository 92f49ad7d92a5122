// What a hosted service knows of itself and asks of its host.
#pragma once

#include <sys/mman.h>

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <stop_token>
#include <string>
#include <superd/config.hpp>
#include <superd/ending.hpp>
#include <superd/log.hpp>
#include <superd/metrics.hpp>
#include <superd/socket.hpp>
#include <superd/tasks.hpp>
#include <superd/threads.hpp>
#include <system_error>

namespace superd {

enum class Model : std::uint32_t {
    processes = SUPERD_PROCESSES,
    threads = SUPERD_THREADS,
    coroutines = SUPERD_COROUTINES,
};

// A listening socket, or one that takes datagrams. superd holds it: never shutdown(2) it, which
// would shut it for all workers and for superd; closing is the host's affair too.
struct Listener {
    std::string_view name;
    int fd;
    bool stream;
};

namespace detail {
class Loop;  // The coroutine model's event loop.
class Drive;
}  // namespace detail

// One per worker; lives longer than the service. In the coroutine model it belongs to the loop's
// thread, in the others any thread may use it.
class Context {
public:
    explicit Context(const superd_abi_host& host);
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    // The unit's name.
    std::string_view name() const noexcept { return host_.unit; }
    // Which of its workers this is, from 0, and how many there shall be.
    unsigned worker_index() const noexcept { return host_.index; }
    unsigned worker_count() const noexcept { return host_.count; }
    // How many times this place was filled, from 1; why this time: "start", "reload", "restart",
    // "recycle", "scale", "stalled", "crash(SIGSEGV)", "exit(1)".
    unsigned generation() const noexcept { return host_.generation; }
    std::string_view restart_reason() const noexcept { return host_.reason; }
    Model model() const noexcept { return static_cast<Model>(host_.model); }
    // Threads of the thread model; threads at most for blocking() in the coroutine model.
    unsigned threads() const noexcept { return host_.threads; }

    // The unit's [config] table.
    const Config& config() const noexcept { return config_; }

    // The descriptor of a listener of the unit's [listen] table. Throws config_error when there is
    // none of that name.
    int listener(std::string_view name) const;
    std::span<const Listener> listeners() const noexcept { return listeners_; }

    // Processes and threads: waits for a connection on the first, or the named, listener; gives
    // signs of life while it waits. Nothing once the worker shall stop and all that had come is
    // taken.
    std::optional<Socket> accept(std::string_view listener = {}, Slot* slot = nullptr);

    // The service is ready. Said by the host when it begins to accept, unless the service called
    // ready_later() in its constructor: then it says so itself.
    void ready();
    void ready_later() noexcept { ready_later_ = true; }
    // One line for `superctl status`, as "warming the cache: 40 %".
    void status(std::string_view text);

    // Processes: a sign of life, one look at the clock and one store. A unit with a stall-timeout
    // must give one within that time.
    void heartbeat() noexcept { slot_.beat(); }
    // The main thread's, or the loop's, place in the shared page.
    Slot& slot() noexcept { return slot_; }

    // Whether the worker shall end: finish what is begun, begin nothing that lasts.
    bool stopping() const noexcept { return detail::load(host_.stop_ns) != 0; }
    // The same for who waits. Its callbacks run in the loop, or in a thread of the host's.
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    // When what still runs is cut off, once stopping(); for ever when the unit says 0.
    std::chrono::steady_clock::time_point drain_deadline() const noexcept;

    // Begins a task of its own that superd lists by name, with the line that began it, and that is
    // waited for when the worker stops. In the coroutine model `fn` returns an
    // asio::awaitable<void>; what is spawned has to be done by itself when stopping(): wait with
    // sleep() or hold an Idle. In the other models `fn` runs in a thread; it may take a Slot&. `fn`
    // is kept as long as it runs, so it may be a lambda with captures. An exception that leaves it
    // is logged. Throws std::system_error when no thread can be made.
    template <class F>
    void spawn(std::string_view name, F&& fn,
               const std::source_location& where = std::source_location::current());

    // Lines for the log; numbers for `superctl status` that survive a crash.
    const Log& log() const noexcept { return log_; }
    Metrics& metrics() noexcept { return metrics_; }

    // Memory by name that outlives the worker: the next one in its place finds it as it was, after
    // a crash too. Zeroed when it is new; mapped until the worker ends. Throws std::system_error.
    // When an earlier worker made it with another size, it has that size.
    std::span<std::byte> shared(const std::string& name, std::size_t bytes);

    // Ends the worker at once with exit code 78: superd tells the operator the reason and does not
    // start it again.
    [[noreturn]] void fail_permanently(std::string_view reason);

    const superd_abi_host& host() const noexcept { return host_; }
    detail::TaskTable& tasks() noexcept { return tasks_; }
    detail::Threads& running() noexcept { return running_; }
    // The coroutine model's loop. Throws std::logic_error in another model.
    detail::Loop& loop() const;

private:
    friend class detail::Drive;
    friend class detail::Loop;  // Makes itself known while it lives.

    const superd_abi_host& host_;
    protocol::Page& page_;
    Config config_;
    std::vector<Listener> listeners_;
    Log log_;
    Metrics metrics_;
    detail::TaskTable tasks_;
    Slot slot_;
    std::stop_source stop_;
    std::atomic<bool> ready_ = false, ready_later_ = false;
    detail::Threads running_;
    detail::Loop* loop_ = nullptr;
};

// Implementation.

inline Context::Context(const superd_abi_host& host)
    : host_{host},
      page_{*static_cast<protocol::Page*>(host.page)},
      config_{host.config},
      log_{host},
      metrics_{page_},
      tasks_{page_, host.model == SUPERD_COROUTINES},
      slot_{
          page_, 0,
          host.model == SUPERD_COROUTINES ? protocol::SlotKind::loop : protocol::SlotKind::process},
      running_{host, page_, log_, tasks_} {
    for (std::size_t i = 0; i < host.listener_count; ++i)
        listeners_.push_back({.name = host.listeners[i].name,
                              .fd = host.listeners[i].fd,
                              .stream = host.listeners[i].stream != 0});
}

inline int Context::listener(std::string_view wanted) const {
    for (const auto& listener : listeners_)
        if (listener.name == wanted) return listener.fd;
    throw config_error{"the unit has no listener \"" + std::string{wanted} + "\": add [listen] " +
                       std::string{wanted} + " = \"tcp://127.0.0.1:8080\", say"};
}

inline std::optional<Socket> Context::accept(std::string_view wanted, Slot* slot) {
    const int fd =
        listener(wanted.empty() && !listeners_.empty() ? listeners_.front().name : wanted);
    if (!slot) slot = &slot_;
    if (!ready_later_) ready();
    for (;;) {
        const bool last = stopping();  // Seen before the look: what had come by then is taken.
        const int connection = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) return Socket{connection, slot, host_.stop_ns};
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (last) return std::nullopt;
        slot->waiting();
        slot->beat();
        const bool short_of = errno != EAGAIN;
        pollfd wait[] = {{host_.stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};
        ::poll(wait, short_of ? 1 : 2, short_of ? 100 : 500);
    }
}

inline void Context::ready() {
    if (!ready_.exchange(true)) host_.notify("READY=1", -1);
}

inline void Context::status(std::string_view text) {
    host_.notify(("STATUS=" + std::string{text}).c_str(), -1);
}

inline std::chrono::steady_clock::time_point Context::drain_deadline() const noexcept {
    using Clock = std::chrono::steady_clock;
    if (!stopping() || host_.drain_timeout_ms == 0) return Clock::time_point::max();
    return Clock::time_point{std::chrono::nanoseconds{detail::load(host_.stop_ns)} +
                             std::chrono::milliseconds{host_.drain_timeout_ms}};
}

inline std::span<std::byte> Context::shared(const std::string& wanted, std::size_t bytes) {
    const int fd = host_.shared(wanted.c_str(), bytes);
    if (fd < 0)
        throw std::system_error{-fd, std::system_category(), "cannot make shared memory " + wanted};
    const auto size = static_cast<std::size_t>(::lseek(fd, 0, SEEK_END));
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        throw std::system_error{errno, std::system_category(), "cannot map memory " + wanted};
    return {static_cast<std::byte*>(memory), size};
}

inline void Context::fail_permanently(std::string_view reason) {
    log_.error("cannot go on: ", reason);
    status(reason);
    detail::leave(78);
}

}  // namespace superd
