// What the supervisor knows, as the control API tells it.
#pragma once

#include "core/system.hpp"
#include "keeper/protocol.hpp"
#include "supervisor/definitions.hpp"
#include "supervisor/history.hpp"
#include "supervisor/limiter.hpp"
#include "supervisor/listeners.hpp"
#include "supervisor/operations.hpp"
#include "supervisor/table.hpp"
#include "supervisor/worker_watch.hpp"
#include "wire/status.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace superd::supervisor {

class StatusView {
public:
    using Detail = Operations::Detail;

    // What the kernel counts of an instance's control group; empty: it has none.
    using GroupFigures = std::function<std::optional<os::CgroupUsage>(core::InstanceId)>;

    StatusView(const core::System& system, const Table& table, const Definitions& definitions,
               const History& history, const Listeners& listeners, const WorkerWatch& watch,
               const Limiter& limiter, GroupFigures group_figures)
        : system_{system},
          table_{table},
          definitions_{definitions},
          history_{history},
          listeners_{listeners},
          watch_{watch},
          limiter_{limiter},
          group_figures_{std::move(group_figures)} {}

    // The instance's reason with what the shell can add: what a probe met, what
    // the service says of itself.
    std::string reason(core::InstanceId id) const;

    wire::InstanceStatus instance(core::InstanceId id, Detail detail) const;
    // The instances that the targets name, by unit.
    std::vector<wire::UnitStatus> units(const std::vector<Target>& targets, Detail detail) const;
    wire::Summary summary(const std::vector<Target>& targets) const;

    // The instance that says most about the unit: the worst off.
    core::InstanceId worst(const std::vector<core::InstanceId>& instances) const;

private:
    std::string obstacle(const core::Unit& unit) const;
    void add_usage(wire::InstanceStatus& out, core::InstanceId id, pid_t pid) const;

    const core::System& system_;
    const Table& table_;
    const Definitions& definitions_;
    const History& history_;
    const Listeners& listeners_;
    const WorkerWatch& watch_;
    const Limiter& limiter_;
    GroupFigures group_figures_;
};

// What a unit listens at, and who waits there.
std::vector<wire::ListenerStatus> listener_status(const Listeners& listeners,
                                                  const std::string& unit);

// Of a process and all that it started.
struct Usage {
    std::uint64_t memory = 0;  // Bytes, resident.
    double cpu = 0;            // Seconds.
    std::uint64_t tasks = 0;   // Threads.
};
Usage usage_of(pid_t pid);

// A death as status tells it.
wire::LastExit told_death(const Death& death);
wire::OtherRun told_other_run(const core::Instance& other, std::string reason);

// superd's own processes.
wire::ProcessStatus process_status(std::int32_t pid, std::int64_t since_ns, std::int32_t restarts);

// What a service said of itself, fit for a terminal: bounded, and no control characters.
std::string printable_status(std::string_view text);

}  // namespace superd::supervisor
