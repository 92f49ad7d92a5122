// Which timer of which instance is due when: one each. Reads no clock.
#pragma once

#include "core/event.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace superd::turn {

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

}  // namespace superd::turn
