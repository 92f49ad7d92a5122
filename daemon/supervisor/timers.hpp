// One timer an instance, all behind a single one of the kernel's.
#pragma once

#include "core/event.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// The book: which timer of which instance is due when. Reads no clock.
class TimerBook {
public:
    void arm(const core::ArmTimer& timer);
    void disarm(core::InstanceId instance);
    // When the first one is due.
    std::optional<core::Instant> next();
    // Takes one that is due by `now`, the earliest first.
    std::optional<core::TimerFired> take(core::Instant now);
    std::size_t size() const { return armed_.size(); }

private:
    struct Entry {
        core::Instant at;
        core::InstanceId instance;
        std::uint32_t timer;
    };
    static std::uint64_t key(core::InstanceId id) {
        return std::uint64_t{id.unit} << 32 | id.index;
    }
    static bool later(const Entry& a, const Entry& b) { return a.at > b.at; }
    bool armed(const Entry& entry) const;
    void drop_stale();

    std::vector<Entry> heap_;  // With stale ones, but never at its top.
    std::unordered_map<std::uint64_t, std::uint32_t> armed_;  // Generation by instance.
};

// The book with a clock: calls back when timers are due.
class Timers {
public:
    using Handler = std::function<void(std::vector<core::TimerFired>)>;
    Timers(const boost::asio::any_io_executor& executor, Handler handler)
        : timer_{executor}, handler_{std::move(handler)} {}

    // Neither touches the kernel's timer; schedule() does, once a batch.
    void arm(const core::ArmTimer& timer) { book_.arm(timer); }
    void disarm(core::InstanceId instance) { book_.disarm(instance); }
    void schedule();

private:
    void fire();

    TimerBook book_;
    boost::asio::steady_timer timer_;
    Handler handler_;
    std::optional<core::Instant> scheduled_;
};

}  // namespace superd::supervisor
