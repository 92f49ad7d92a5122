#include "logger/drainer.hpp"

#include "os/clock.hpp"
#include "os/journal_stream.hpp"

#include <sys/eventfd.h>

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace superd::logger {
namespace {

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
    auto watch = FifoWatch::create();
    if (!watch) return std::unexpected{std::move(watch.error())};
    std::unique_ptr<Drainer> drainer{new Drainer{std::move(setup), std::move(*journal),
                                                 std::move(*peeker), std::move(*relief),
                                                 std::move(*watch)}};
    drainer->dev_null_ = std::move(dev_null);
    drainer->wakeup_ = os::Fd{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (!drainer->wakeup_) return fail_errno(errno, "make an eventfd");
    drainer->thread_ = std::thread{[raw = drainer.get()] { raw->work(); }};
    return drainer;
}

Drainer::Drainer(Setup setup, Journal journal, Peeker peeker, Peeker relief, FifoWatch watch)
    : setup_{std::move(setup)},
      journal_{std::move(journal)},
      peeker_{std::move(peeker)},
      relief_{std::move(relief)},
      lines_{lines_max},
      foreground_{setup_.foreground},
      journald_{setup_.journald},
      foreground_is_journald_{os::is_journal_stream(setup_.foreground)},
      watch_{std::move(watch)},
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
    wake();
}

void Drainer::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t woken = ::write(wakeup_.get(), &one, sizeof one);
}

void Drainer::work() {
    if (!own_runtime_directory()) return;
    std::array<pollfd, 2> awaited{{{wakeup_.get(), POLLIN, 0}, {watch_.descriptor(), POLLIN, 0}}};
    for (;;) {
        const int count = ::poll(awaited.data(), awaited.size(), timeout());
        if (count == 0 && timeout() == idle_after_ms) become_idle();
        if (count > 0 && !watched_.exchange(true)) setup_.watch();
        drained_ = 0;
        crowded_ = false;
        if (count > 0 && awaited[1].revents != 0) take_written();
        pump_again();
        if (count > 0 && awaited[0].revents != 0 && !handle_commands()) break;
        retry_shortages(os::monotonic_now());
        flush_journald();
        rest_if_busy();
    }
    await_journald();
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

// Has the FIFOs that were written to looked at.
void Drainer::take_written() {
    written_.clear();
    const bool all = watch_.take(written_);
    const std::lock_guard lock{mutex_};
    for (const int fifo : written_)
        if (static_cast<std::size_t>(fifo) < keys_.size())
            again_.push_back(keys_[static_cast<std::size_t>(fifo)]);
    if (all) return;
    for (const auto& [number, run] : runs_)
        for (std::size_t stream = 0; stream < 2; ++stream) again_.push_back(number * 2 + stream);
}

// How long to wait at most, in milliseconds.
int Drainer::timeout() const {
    if (!again_.empty()) return 0;
    if (journald_.waiting()) return 20;
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
// costs its writer as much again as a short write(2), and each line a turn of this
// loop. True as long as that goes on.
bool Drainer::keep_polling(Run& run, std::size_t stream, std::size_t drained) {
    const int fifo = run.fifos[stream].get();
    if (fifo < 0) return false;
    std::uint8_t& turns = run.polls_left[stream];
    if (drained >= busy_bytes || (turns > 0 && drained > 0)) {
        if (turns == 0) FifoWatch::end(fifo);
        turns = quiet_polls;
    } else if (turns > 0 && --turns == 0) {
        if (FifoWatch::begin(fifo) != 0) {
            turns = 1;
        } else if (waiting_bytes(fifo) > 0) {
            again_.push_back(run.run * 2 + stream);  // It came before the watch.
        }
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
