#include "control/places.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace superd::control {

namespace {

Refusal busy(std::string message, std::string hint) {
    return {503, {"busy", std::move(message), std::move(hint)}, {}};
}

}  // namespace

bool may_read(const Peer& peer, const supervisor::Operations& operations) {
    return operations.may_read(peer.uid, peer.gid) ||
           std::ranges::any_of(peer.groups,
                               [&](gid_t group) { return operations.may_read(peer.uid, group); });
}

Standing standing_of(const Peer& peer, const supervisor::Operations& operations) {
    if (operations.may_change(peer.uid)) return Standing::administrator;
    return may_read(peer, operations) ? Standing::reader : Standing::stranger;
}

std::optional<Refusal> Places::refuse(Standing standing, uid_t uid) const {
    const bool administers = standing == Standing::administrator;
    const auto kept = administers ? 0 : std::min(limits_.reserved, limits_.connections_max);
    const bool full = taken_ >= limits_.connections_max - kept;
    const bool crowded = standing == Standing::stranger && strangers_ >= limits_.strangers_max;
    if (full || crowded) {
        return busy("cannot serve more clients at once", "try again in a moment");
    }
    const auto own = of_stranger_.find(uid);
    if (standing == Standing::stranger && own != of_stranger_.end() &&
        own->second >= limits_.stranger_max) {
        return busy("cannot serve more connections of user " + std::to_string(uid) + " at once",
                    "close one of them, or try again in a moment");
    }
    return {};
}

void Places::take(Standing standing, uid_t uid) {
    if (standing == Standing::stranger) {
        ++of_stranger_[uid];  // First, as this may find no memory.
        ++strangers_;
    }
    ++taken_;
}

void Places::give_back(Standing standing, uid_t uid) {
    --taken_;
    if (standing != Standing::stranger) return;
    --strangers_;
    if (--of_stranger_[uid] == 0) of_stranger_.erase(uid);
}

}  // namespace superd::control
