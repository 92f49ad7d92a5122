// The places for connections, and who may take another.
#pragma once

#include "control/limits.hpp"
#include "control/peer.hpp"

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>

namespace superd::control {

// What a peer may by its uid and groups; what polkit may allow besides does not count.
enum class Standing { stranger, reader, administrator };

// By its uid, or any of its groups.
bool may_read(const Peer& peer, const supervisor::Operations& operations);

Standing standing_of(const Peer& peer, const supervisor::Operations& operations);

// Counts the connections there are, by whose they are.
class Places {
public:
    explicit Places(const Limits& limits) : limits_{limits} {}

    // Why there is no place for one more; empty: there is.
    std::optional<Refusal> refuse(Standing standing, uid_t uid) const;
    void take(Standing standing, uid_t uid);
    // What was taken so.
    void give_back(Standing standing, uid_t uid);
    std::size_t taken() const { return taken_; }

private:
    Limits limits_;
    std::size_t taken_ = 0;
    std::size_t strangers_ = 0;
    std::map<uid_t, std::size_t> of_stranger_;
};

}  // namespace superd::control
