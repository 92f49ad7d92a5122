// How busy a unit's instances are: what Autoscaler is told, and whether anybody uses the unit.
#pragma once

#include "config/unit.hpp"
#include "core/autoscale.hpp"
#include "core/system.hpp"
#include "protocol/page.hpp"
#include "supervisor/listeners.hpp"
#include "supervisor/pages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

namespace superd::supervisor {

class LoadMeter {
public:
    // What they are doing at the moment; of the time since the last look, how much they worked.
    core::Load measure(const config::Unit& unit, const core::Unit& known,
                       const Listeners& listeners, const Pages& pages, core::Instant now);

    // Whether anybody has a connection to the unit, or waits for one.
    static bool is_used(std::string_view unit, const Listeners& listeners);

    core::Autoscaler scaler;
    core::Instant unused_since{};  // Epoch: it is used.
    core::Instant next_look{};     // At who uses it.

private:
    struct Unmap {
        void operator()(const protocol::Page* page) const;
    };
    // One run, as it was when it was looked at last.
    struct Seen {
        std::uint64_t ticks = 0, done = 0;
        core::Instant at{};
        std::unique_ptr<const protocol::Page, Unmap> page;  // Null: it has none.
        double share = 0;  // Of one processor, between the last two looks.
    };
    struct Work {
        bool busy = false;
        double utilisation = 0;
    };
    Work look(const config::Unit& unit, const core::Instance& instance, const Pages& pages,
              core::Instant now);

    std::map<core::RunId, Seen> runs_;
};

}  // namespace superd::supervisor
