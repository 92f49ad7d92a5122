// One timer an instance, all behind a single one of the kernel's.
#pragma once

#include "core/event.hpp"
#include "turn/timer_book.hpp"

#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

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

    turn::TimerBook book_;
    boost::asio::steady_timer timer_;
    Handler handler_;
    std::optional<core::Instant> scheduled_;
};

}  // namespace superd::supervisor
