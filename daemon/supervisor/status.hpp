// What the supervisor knows, as the control API tells it.
#pragma once

#include "core/system.hpp"
#include "keeper/protocol.hpp"
#include "supervisor/definitions.hpp"
#include "supervisor/operations.hpp"
#include "supervisor/table.hpp"
#include "wire/status.hpp"

#include <string>
#include <vector>

namespace superd::supervisor {

class StatusView {
public:
    StatusView(const core::System& system, const Table& table, const Definitions& definitions)
        : system_{system}, table_{table}, definitions_{definitions} {}

    // The instance's reason with what the shell can add: what a probe met, what
    // the service says of itself.
    std::string reason(core::InstanceId id) const;

    wire::InstanceStatus instance(core::InstanceId id, bool usage) const;
    // The instances that the targets name, by unit.
    std::vector<wire::UnitStatus> units(const std::vector<Target>& targets, bool usage) const;
    wire::Summary summary(const std::vector<Target>& targets) const;

    // The instance that says most about the unit: the worst off.
    core::InstanceId worst(const std::vector<core::InstanceId>& instances) const;

private:
    std::string obstacle(const core::Unit& unit) const;

    const core::System& system_;
    const Table& table_;
    const Definitions& definitions_;
};

// superd's own processes.
wire::ProcessStatus process_status(std::int32_t pid, std::int64_t since_ns, std::int32_t restarts);

// What a service said of itself, fit for a terminal: bounded, and no control characters.
std::string printable_status(std::string_view text);

}  // namespace superd::supervisor
