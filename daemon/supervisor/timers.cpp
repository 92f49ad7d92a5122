#include "supervisor/timers.hpp"

#include "supervisor/moment.hpp"

#include <utility>

namespace superd::supervisor {

void Timers::schedule() {
    const auto next = book_.next();
    if (next == scheduled_) return;
    scheduled_ = next;
    if (!next) {
        timer_.cancel();
        return;
    }
    // Rounded up: a timer that fires early would be armed again for nothing.
    const auto at = std::chrono::steady_clock::time_point{
        std::chrono::ceil<std::chrono::steady_clock::duration>(next->time_since_epoch())};
    timer_.expires_at(at);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) fire();
    });
}

void Timers::fire() {
    scheduled_.reset();
    const core::Instant moment = now();
    std::vector<core::TimerFired> fired;
    while (const auto due = book_.take(moment)) fired.push_back(*due);
    handler_(std::move(fired));
    schedule();
}

}  // namespace superd::supervisor
