#include "turn/timer_book.hpp"

#include <algorithm>

namespace superd::turn {
namespace {

constexpr std::size_t stale_allowed = 64;

}  // namespace

void TimerBook::arm(const core::ArmTimer& timer) {
    armed_[key(timer.instance)] = timer.timer;
    heap_.push_back({timer.at, timer.instance, timer.timer});
    std::ranges::push_heap(heap_, later);
    drop_stale();
}

void TimerBook::disarm(core::InstanceId instance) {
    if (armed_.erase(key(instance)) != 0) drop_stale();
}

bool TimerBook::armed(const Entry& entry) const {
    const auto found = armed_.find(key(entry.instance));
    return found != armed_.end() && found->second == entry.timer;
}

void TimerBook::drop_stale() {
    while (!heap_.empty() && !armed(heap_.front())) {
        std::ranges::pop_heap(heap_, later);
        heap_.pop_back();
    }
    if (heap_.size() <= 2 * armed_.size() + stale_allowed) return;
    std::erase_if(heap_, [this](const Entry& entry) { return !armed(entry); });
    std::ranges::make_heap(heap_, later);
}

std::optional<core::Instant> TimerBook::next() {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().at;
}

std::optional<core::TimerFired> TimerBook::take(core::Instant now) {
    if (heap_.empty() || heap_.front().at > now) return std::nullopt;
    const Entry due = heap_.front();
    armed_.erase(key(due.instance));
    drop_stale();
    return core::TimerFired{due.instance, due.timer};
}

}  // namespace superd::turn
