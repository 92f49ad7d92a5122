// The simulated clock's calendar: what will happen when, by itself.
#pragma once

#include "tests/sim/key.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace superd::sim {

enum class Due : std::uint8_t {
    end,         // A process ends by itself, or is done with winding down.
    ready,       // A process is of use.
    ping,        // A process tells its watchdog that it is well.
    word,        // A process says something of itself.
    check,       // The supervisor asks whether a service is well.
    hook,        // A hook of the supervisor's ends, or nothing waits for a run any more.
    look,        // The supervisor may look at process trees again.
    supervisor,  // The keeper starts a supervisor.
};

struct Item {
    Instant at{};
    std::uint64_t order = 0;
    Due due{};
    Pid pid = 0;
    std::uint64_t number = 0;  // The process's birth; of `check` and `look` the supervisor's.
    std::uint32_t detail = 0;
};

class Agenda {
public:
    void add(Item item) {
        item.order = next_order_++;
        heap_.push_back(item);
        std::ranges::push_heap(heap_, later);
    }
    std::optional<Instant> next() const {
        if (heap_.empty()) return std::nullopt;
        return heap_.front().at;
    }
    Item take() {
        std::ranges::pop_heap(heap_, later);
        const Item first = heap_.back();
        heap_.pop_back();
        return first;
    }

private:
    static bool later(const Item& a, const Item& b) {
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
    std::vector<Item> heap_;
    std::uint64_t next_order_ = 0;
};

}  // namespace superd::sim
