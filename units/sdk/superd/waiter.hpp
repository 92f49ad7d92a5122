// What waits in a loop and may be ended from outside: an idle connection, a sleeper, a task with a
// time limit.
#pragma once

#include <cstdint>

namespace superd::detail {

// A node of one of the loop's lists. Unlinks itself when it is destroyed.
struct Waiter {
    using Cancel = void (*)(Waiter&);

    explicit Waiter(Cancel cancel_) noexcept : cancel{cancel_} {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { unlink(); }

    void unlink() noexcept {
        if (!next) return;
        previous->next = next;
        next->previous = previous;
        previous = next = nullptr;
    }

    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    Cancel cancel;
    std::uint32_t since_ms = 0;  // When it was linked, to the last beat, of a clock that wraps.
    std::uint32_t limit_ms = 0;  // Cancelled when it has waited for so long; 0: never.
    bool cancelled = false;
    bool ends_in_drain = true;  // Else only its limit ends it.
};

// Waiters in the order in which they came.
class WaiterList {
public:
    WaiterList() noexcept { head_.previous = head_.next = &head_; }
    ~WaiterList() {
        while (head_.next != &head_) head_.next->unlink();
        head_.next = head_.previous = nullptr;
    }

    void add(Waiter& waiter, std::uint32_t now_ms) noexcept {
        waiter.since_ms = now_ms;
        waiter.cancelled = false;
        waiter.previous = head_.previous;
        waiter.next = &head_;
        head_.previous->next = &waiter;
        head_.previous = &waiter;
    }

    // Cancels each whose limit is over, or that has waited for `patience` at least. A cancelled
    // waiter's cancel() only ends its operation: who waits runs later, and unlinks it then.
    void sweep(std::uint32_t now_ms, std::uint32_t patience_ms) noexcept {
        for (Waiter* waiter = head_.next; waiter != &head_;) {
            Waiter& one = *waiter;
            waiter = waiter->next;
            const std::uint32_t waited = now_ms - one.since_ms;
            const bool drained = one.ends_in_drain && waited >= patience_ms;
            const bool late = one.limit_ms != 0 && waited >= one.limit_ms;
            if (one.cancelled || (!drained && !late)) continue;
            one.cancelled = true;
            one.cancel(one);
        }
    }

private:
    Waiter head_{nullptr};
};

}  // namespace superd::detail
