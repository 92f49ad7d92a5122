#include "control/hub.hpp"

#include "control/session.hpp"

#include <utility>
#include <vector>

namespace superd::control {

void Hub::end_action(std::uint64_t id) {
    if (actions_.erase(id) == 1 && operations_ != nullptr) operations_->abandon(id);
}

void Hub::unsubscribe(std::uint64_t id) {
    if (subscriptions_.erase(id) == 1 && operations_ != nullptr) operations_->unsubscribe(id);
}

void Hub::stop() {
    auto* const operations = std::exchange(operations_, nullptr);
    if (operations == nullptr) return;
    for (const auto id : actions_) operations->abandon(id);
    for (const auto id : subscriptions_) operations->unsubscribe(id);
    actions_.clear();
    subscriptions_.clear();
    // A session may end, and leave the set, while it is told.
    std::vector<std::shared_ptr<Session>> sessions;
    for (auto* const session : sessions_) sessions.push_back(session->shared_from_this());
    for (const auto& session : sessions) session->stop();
}

}  // namespace superd::control
