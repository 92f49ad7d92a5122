// What happened to an instance, until it is told.
#pragma once

#include "core/event.hpp"
#include "wire/event.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace superd::supervisor {

// Something that happened to an instance and is to be told when there is time.
struct Note {
    wire::EventKind kind{};
    core::InstanceId id;
    core::RunId run = 0;
    std::int64_t at_ns = 0;  // CLOCK_REALTIME
    pid_t pid = 0;
    core::State from{}, to{};
    core::Goal goal{};
    core::Reason reason{};
    core::ExitStatus status;  // exit: of one that ended by itself; for the log.
    bool failing = false;     // check, hook
    core::Hook hook{};
    std::string_view phase;  // rolling
    std::string message;
};

}  // namespace superd::supervisor
