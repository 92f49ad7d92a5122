// What the supervisor has in hand for a while: processes that are about to be made, and tellings
// that still wait for something.
#pragma once

#include "core/event.hpp"
#include "core/hook.hpp"
#include "os/fd.hpp"
#include "os/spawn.hpp"
#include "supervisor/run_logs.hpp"
#include "wire/crash.hpp"

#include <string>

#include <boost/asio/steady_timer.hpp>

namespace superd::supervisor {

// A run's process is about to be made.
struct Prepared {
    RunLogs::Fifos fifos;
    os::SpawnPlan plan;
    os::Fd readiness;  // The end that the process writes to.
    os::Fd settings;   // Of a worker.
};

// A hook that is to be started.
struct DueHook {
    core::InstanceId instance;
    core::RunId run = 0;
    core::Hook hook{};
    std::string input;  // on_crash
};
// A failure whose last lines are still awaited.
struct UntoldCrash {
    core::InstanceId instance;
    wire::CrashReport report;
    boost::asio::steady_timer patience;
};

}  // namespace superd::supervisor
