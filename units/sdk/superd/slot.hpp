// What a thread or an event loop tells of itself in the page that it shares with superd.
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>
#include <superd/abi.h>
#include <superd/protocol/page.hpp>
#include <utility>

namespace superd {

namespace detail {

// CLOCK_MONOTONIC in nanoseconds: what the page is written in.
inline std::uint64_t now_ns() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// The same, some milliseconds coarse, in a quarter of the time.
inline std::uint64_t now_coarse_ns() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// What a signal handler of the host's writes.
inline std::int64_t load(const volatile std::int64_t* value) noexcept {
    return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

// Writes a text that another process may be reading. One writer at a time; cuts what does not fit.
template <std::size_t size>
void write_text(protocol::SharedText<size>& shared, std::string_view text) noexcept {
    const std::uint32_t version = shared.version.load(std::memory_order_relaxed);
    shared.version.store(version | 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    const std::size_t length = std::min(text.size(), shared.text.size());
    std::memcpy(shared.text.data(), text.data(), length);
    if (length < shared.text.size()) shared.text[length] = '\0';
    shared.version.store((version | 1) + 1, std::memory_order_release);
}

// Adds to what only this thread writes: cheaper than an atomic addition.
template <class T>
void add_alone(std::atomic<T>& value, T more) noexcept {
    value.store(value.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

}  // namespace detail

class Slot;

// While it lives, its slot is at work on what it was told. Made by Slot::busy().
class Busy {
public:
    Busy(Busy&& other) noexcept : slot_{std::exchange(other.slot_, nullptr)} {}
    Busy& operator=(Busy&&) = delete;
    inline ~Busy();

private:
    friend class Slot;
    explicit Busy(Slot& slot) : slot_{&slot} {}
    Slot* slot_;
};

// A thread's or a loop's place in the page. Used by that thread alone.
class Slot {
public:
    Slot(protocol::Page& page, std::uint32_t index, protocol::SlotKind kind)
        : slot_{&page.slots[index]}, text_{&page.busy[index]}, index_{index} {
        detail::write_text(*text_, "");
        slot_->busy_ns.store(0, std::memory_order_relaxed);
        slot_->live.store(0, std::memory_order_relaxed);
        slot_->done.store(0, std::memory_order_relaxed);
        slot_->lag_us.store(0, std::memory_order_relaxed);
        slot_->lag_worst_us.store(0, std::memory_order_relaxed);
        slot_->frames.store(0, std::memory_order_relaxed);
        beat();
        slot_->kind.store(static_cast<std::uint32_t>(kind), std::memory_order_release);
        auto& used = page.header.slots_used;
        std::uint32_t now_used = used.load();
        while (now_used <= index && !used.compare_exchange_weak(now_used, index + 1)) {}
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
        waiting();  // Also when an exception has ended what it was at.
        slot_->kind.store(0, std::memory_order_release);
    }

    std::uint32_t index() const noexcept { return index_; }

    // A sign of life: one look at the clock, one store (some 25 ns).
    void beat() noexcept { slot_->beat_ns.store(detail::now_ns(), std::memory_order_relaxed); }

    // At work on `task`, which is what reports of stalls and crashes name (60 bytes of it), until
    // what this returns is destroyed; that counts as one task done. Not to be nested.
    [[nodiscard]] Busy busy(std::string_view task) noexcept {
        begin(task);
        return Busy{*this};
    }

    // The same in two calls, for who waits in between: waiting() while nothing is to be done for
    // the task but to wait for its client, which is no stall; resumed() after that.
    void waiting() noexcept { slot_->busy_ns.store(0, std::memory_order_relaxed); }
    void resumed() noexcept {
        const std::uint64_t now = detail::now_ns();
        slot_->beat_ns.store(now, std::memory_order_relaxed);
        slot_->busy_ns.store(now, std::memory_order_relaxed);
    }

    // Tasks done in this run of the worker.
    std::uint64_t done() const noexcept { return slot_->done.load(std::memory_order_relaxed); }

    // For the loop itself: notes what runs, without looking at the clock.
    void note(std::string_view task) noexcept { detail::write_text(*text_, task); }
    void count(std::uint64_t tasks = 1) noexcept { detail::add_alone(slot_->done, tasks); }
    protocol::Slot& raw() noexcept { return *slot_; }

private:
    friend class Busy;
    void begin(std::string_view task) noexcept {
        note(task);
        resumed();
    }
    void end() noexcept {
        slot_->busy_ns.store(0, std::memory_order_relaxed);
        count();
        beat();
    }

    protocol::Slot* slot_;
    protocol::Busy* text_;
    std::uint32_t index_;
};

Busy::~Busy() {
    if (slot_) slot_->end();
}

}  // namespace superd
