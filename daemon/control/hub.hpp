// What all sessions share, and the list of what must be undone when they end.
#pragma once

#include "control/limits.hpp"
#include "control/places.hpp"
#include "supervisor/operations.hpp"

#include <cstdint>
#include <set>

namespace superd::control {

class Session;

// Outlives the server if sessions do: a coroutine that is never resumed again
// dies with the io_context, maybe after the operations are gone. Hence stop().
class Hub {
public:
    Hub(supervisor::Operations& operations, Limits limits)
        : limits_{limits}, places_{limits}, operations_{&operations} {}

    const Limits& limits() const { return limits_; }
    // Null once stopped.
    supervisor::Operations* operations() const { return operations_; }

    // Something the operations would call back about; remembered until ended.
    void began_action(std::uint64_t id) { actions_.insert(id); }
    void end_action(std::uint64_t id);
    // It called back: there is nothing to undo.
    void action_ended(std::uint64_t id) { actions_.erase(id); }
    void subscribed(std::uint64_t id) { subscriptions_.insert(id); }
    void unsubscribe(std::uint64_t id);

    // Why no session is to be launched for this peer; empty: one may.
    std::optional<Refusal> refuse(const Peer& peer) const;
    // Which place it has taken.
    Standing add(Session& session, const Peer& peer);
    void remove(Session& session, Standing standing, uid_t uid);
    std::size_t sessions() const { return places_.taken(); }

    // Nothing is called back, and no operation called, from here on; every session is told to end.
    void stop();

private:
    Limits limits_;
    Places places_;
    supervisor::Operations* operations_;
    std::set<std::uint64_t> actions_, subscriptions_;
    std::set<Session*> sessions_;
};

}  // namespace superd::control
