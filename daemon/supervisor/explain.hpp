// Why instances are as they are: facts for those who ask, from the core's chain
// of causes and from what the shell remembers.
#pragma once

#include "core/system.hpp"
#include "supervisor/history.hpp"
#include "supervisor/table.hpp"
#include "supervisor/worker_watch.hpp"
#include "wire/explanation.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace superd::supervisor {

class Explainer {
public:
    // The moment of the question, by both clocks.
    struct Moment {
        core::Instant now;
        std::int64_t realtime_ns = 0;
    };

    Explainer(const core::System& system, const Table& table, const History& history,
              const WorkerWatch& watch, Moment moment)
        : system_{system}, table_{table}, history_{history}, watch_{watch}, moment_{moment} {}

    wire::Explanation explain(core::InstanceId id) const;

private:
    wire::Link link(core::InstanceId id) const;
    void add_rules(wire::Link& out, const core::Unit& unit) const;
    void add_state(wire::Link& out, const core::Unit& unit, const core::Instance& instance) const;
    void add_past(wire::Link& out, const core::Instance& instance) const;
    std::string time_of(core::Instant moment) const;

    const core::System& system_;
    const Table& table_;
    const History& history_;
    const WorkerWatch& watch_;
    Moment moment_;
};

}  // namespace superd::supervisor
