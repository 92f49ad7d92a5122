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

std::optional<Refusal> Hub::refuse(const Peer& peer) const {
    if (operations_ == nullptr) return {};  // It is told to end at once.
    return places_.refuse(standing_of(peer, *operations_), peer.uid);
}

Standing Hub::add(Session& session, const Peer& peer) {
    const auto standing =
        operations_ == nullptr ? Standing::stranger : standing_of(peer, *operations_);
    const auto listed = sessions_.insert(&session).first;
    try {
        places_.take(standing, peer.uid);
    } catch (...) {
        sessions_.erase(listed);  // Without memory for it there is no session to tell to end.
        throw;
    }
    return standing;
}

void Hub::remove(Session& session, Standing standing, uid_t uid) {
    sessions_.erase(&session);
    places_.give_back(standing, uid);
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
