#include "logger/drainer.hpp"

#include "os/clock.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <fcntl.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace superd::logger {
namespace {

constexpr std::uint64_t wakeup_key = UINT64_MAX;
constexpr std::size_t lines_max = 512 * 1024;
constexpr std::int64_t millisecond = 1'000'000;
// After a busy turn the next one comes later and finds more: fewer, longer writes,
// and no wake-up for each line.
constexpr long busy_rest_ns = 1'000'000;
constexpr std::uint8_t quiet_polls = 10;
constexpr int idle_after_ms = 1'000;

void sleep_ns(long nanoseconds) {
    const timespec time{0, nanoseconds};
    ::nanosleep(&time, nullptr);
}

}  // namespace

Result<std::unique_ptr<Drainer>> Drainer::create(Setup setup) {
    os::Fd dev_null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    if (!dev_null) return fail_errno(errno, "open /dev/null");
    auto journal = Journal::open(setup.runtime_directory + "/logger.journal", dev_null.get());
    if (!journal) return std::unexpected{std::move(journal.error())};
    auto peeker = Peeker::create();
    if (!peeker) return std::unexpected{std::move(peeker.error())};
    auto relief = Peeker::create();
    if (!relief) return std::unexpected{std::move(relief.error())};
    std::unique_ptr<Drainer> drainer{
        new Drainer{std::move(setup), std::move(*journal), std::move(*peeker), std::move(*relief)}};
    drainer->dev_null_ = std::move(dev_null);
    drainer->epoll_ = os::Fd{::epoll_create1(EPOLL_CLOEXEC)};
    drainer->wakeup_ = os::Fd{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    epoll_event event{EPOLLIN, {.u64 = wakeup_key}};
    if (!drainer->epoll_ || !drainer->wakeup_ ||
        ::epoll_ctl(drainer->epoll_.get(), EPOLL_CTL_ADD, drainer->wakeup_.get(), &event) != 0)
        return fail_errno(errno, "set up epoll");
    drainer->thread_ = std::thread{[raw = drainer.get()] { raw->work(); }};
    return drainer;
}

Drainer::Drainer(Setup setup, Journal journal, Peeker peeker, Peeker relief)
    : setup_{std::move(setup)},
      journal_{std::move(journal)},
      peeker_{std::move(peeker)},
      relief_{std::move(relief)},
      lines_{lines_max},
      foreground_{setup_.foreground},
      lines_limit_{lines_max} {}

Drainer::~Drainer() {
    if (!thread_.joinable()) return;
    post(Stop{});
    thread_.join();
}

bool Drainer::stop(int seconds) {
    post(Stop{});
    const std::int64_t deadline = os::monotonic_now() + seconds * 1'000 * millisecond;
    for (;;) {
        {
            const std::lock_guard lock{mutex_};
            if (ended_) break;
        }
        if (os::monotonic_now() > deadline) return false;
        sleep_ns(millisecond);
    }
    thread_.join();
    return true;
}

void Drainer::post(Command command) {
    {
        const std::lock_guard lock{mutex_};
        commands_.push_back(std::move(command));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t woken = ::write(wakeup_.get(), &one, sizeof one);
}

void Drainer::work() {
    if (!own_runtime_directory()) return;
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout());
        if (count == 0 && timeout() == idle_after_ms) become_idle();
        if (count > 0 && !watched_.exchange(true)) setup_.watch();
        drained_ = 0;
        crowded_ = false;
        bool commanded = false;
        for (int i = 0; i < count; ++i) {
            const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
            if (key == wakeup_key) {
                commanded = true;
                continue;
            }
            again_.push_back(key);
        }
        pump_again();
        if (commanded && !handle_commands()) break;
        retry_shortages(os::monotonic_now());
        rest_if_busy();
    }
    const std::lock_guard lock{mutex_};
    ended_ = true;
}

// Waits for the logger before this one to be gone, then completes what it began.
bool Drainer::own_runtime_directory() {
    while (!journal_.try_lock()) {
        sleep_ns(5 * millisecond);
        const std::lock_guard lock{mutex_};
        const bool stop = std::any_of(commands_.begin(), commands_.end(), [](const Command& c) {
            return std::holds_alternative<Stop>(c);
        });
        if (!stop) continue;
        ended_ = true;
        return false;
    }
    const std::lock_guard lock{mutex_};
    journal_.recover(peeker_);
    return true;
}

// How long epoll may wait, in milliseconds.
int Drainer::timeout() const {
    if (!again_.empty()) return 0;
    if (shortages_ > 0 || closing_ > 0) return 50;
    return memory_held_ ? idle_after_ms : -1;
}

void Drainer::become_idle() {
    peeker_.release();
    lines_.release();
    memory_held_ = false;
    std::erase_if(followers_, [](const auto& follower) { return follower->ended(); });
    ::malloc_trim(0);
}

void Drainer::pump_again() {
    std::vector<std::uint64_t> keys;
    keys.swap(again_);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    polling_ = false;
    for (const std::uint64_t key : keys) {
        Run* run = nullptr;
        {
            const std::lock_guard lock{mutex_};
            const auto found = runs_.find(key / 2);
            if (found == runs_.end()) continue;
            run = &found->second;
        }
        // One batch each, so that a flood does not hold up the others.
        const std::size_t drained_before = drained_;
        const Pumped pumped = pump(*run, key % 2, Rest::keep);
        if (keep_polling(*run, key % 2, drained_ - drained_before) || pumped == Pumped::some)
            again_.push_back(key);
    }
}

// A busy FIFO is looked at once a millisecond instead of being watched: a watched one
// costs its writer a third of a short write(2)'s time, and each line a turn of this
// loop. True as long as that goes on.
bool Drainer::keep_polling(Run& run, std::size_t stream, std::size_t drained) {
    const int fifo = run.fifos[stream].get();
    if (fifo < 0) return false;
    std::uint8_t& turns = run.polls_left[stream];
    epoll_event event{EPOLLIN | EPOLLET, {.u64 = run.run * 2 + stream}};
    if (drained >= busy_bytes || (turns > 0 && drained > 0)) {
        if (turns == 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fifo, nullptr);
        turns = quiet_polls;
    } else if (turns > 0 && --turns == 0) {
        // What has come meanwhile is an event at once.
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fifo, &event) != 0) turns = 1;
    }
    if (turns > 0) polling_ = true;
    return turns > 0;
}

void Drainer::rest_if_busy() {
    if (polling_ && !crowded_) sleep_ns(busy_rest_ns);
}

// False when the thread is to end.
bool Drainer::handle_commands() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &count, sizeof count);
    std::vector<Command> commands;
    {
        const std::lock_guard lock{mutex_};
        commands.swap(commands_);
    }
    for (Command& command : commands)
        if (!handle(command)) return false;
    return true;
}

Drainer::Watch Drainer::relieve() {
    // A disk under load makes writers wait for some hundred milliseconds, and a
    // service that waits for so long loses nothing.
    constexpr std::int64_t hanging_after = 2'000 * millisecond;
    const std::int64_t since = disk_since_.load();
    const bool hanging = since != 0 && os::monotonic_now() - since > hanging_after;
    if (!hanging) {
        hanging_ = false;
        if (since == 0 && !watched_.exchange(false)) return Watch::idle;
        return Watch::working;
    }
    if (!std::exchange(hanging_, true))
        setup_.tell(Trouble{"cannot write below " + setup_.log_directory +
                            ": the disk does not answer; services go on, and lines that do not "
                            "fit their pipes are dropped"});
    const std::lock_guard lock{mutex_};
    if (disk_since_.load() == 0) return Watch::working;
    for (auto& [number, run] : runs_) {
        if (run.instance->policy.when_full == WhenFull::block) continue;
        for (std::size_t stream = 0; stream < 2; ++stream)
            make_room(run, stream, relief_, ETIMEDOUT);
    }
    return Watch::hanging;
}

LogPath Drainer::log_path(const Instance& instance) const {
    return {setup_.log_directory + '/' + instance.name->unit, instance.name->index};
}

std::string Drainer::fifo_path(std::uint64_t run, std::size_t stream) const {
    return setup_.runtime_directory + "/log/" + std::to_string(run) +
           (stream == 0 ? ".out" : ".err");
}

}  // namespace superd::logger
