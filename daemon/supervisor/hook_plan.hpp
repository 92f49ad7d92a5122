// How a hook is started: as its unit is, but for what it is told of itself and of the run.
#pragma once

#include "supervisor/launcher.hpp"

#include <string>

namespace superd::supervisor {

// How a run came out, in systemd's words (systemd.exec(5)).
struct ServiceResult {
    std::string result;        // SERVICE_RESULT: "exit-code"
    std::string code, status;  // EXIT_CODE, EXIT_STATUS: "exited", "3"; empty: not known.
};
ServiceResult service_result(const core::UnitSpec& spec, const core::Instance& instance);

// Of a run that `instance` is in, or, for on_crash, one of its earlier runs.
os::SpawnPlan hook_plan(const Launcher& launcher, const config::Unit& unit, std::uint32_t index,
                        const core::Instance& instance, core::RunId run, core::Hook hook);

}  // namespace superd::supervisor
