// What a request asks for, once it is understood.
#pragma once

#include "supervisor/operations.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace superd::control {

using Selectors = std::vector<std::string>;

// How long a command is waited for when the client does not say.
inline constexpr std::chrono::milliseconds wait_default = std::chrono::seconds{90};
inline constexpr std::chrono::milliseconds wait_max = std::chrono::hours{24};

// The longest sample of what threads do.
inline constexpr std::chrono::milliseconds sample_max = std::chrono::seconds{10};

// A moment in the past: a date, or so long ago.
struct Since {
    bool ago = false;
    std::int64_t ns = 0;  // CLOCK_REALTIME, or before now.
};

struct StatusCall {
    Selectors units;
    supervisor::Operations::Detail detail;
};
struct SummaryCall {
    Selectors units;
};
struct GraphCall {
    Selectors units;
};
struct WhyCall {
    Selectors units;
};
struct TasksCall {
    Selectors units;
};
struct ThreadsCall {
    Selectors units;
    std::chrono::milliseconds sample{200};
};
struct ActCall {
    supervisor::Action action{};
    Selectors units;  // Empty: all.
    bool wait = true;
    std::chrono::milliseconds timeout = wait_default;
    std::optional<supervisor::Rolling> rolling;  // Of restart.
};
struct ScaleCall {
    std::vector<supervisor::Scaling> scalings;
    bool wait = true;
    std::chrono::milliseconds timeout = wait_default;
};
struct EnableCall {
    Selectors units;  // Empty: all.
    supervisor::Enabling how{};
};
struct WaitCall {
    supervisor::Operations::Until until{};
    Selectors units;
    std::chrono::milliseconds timeout = wait_default;
};
struct SignalCall {
    Selectors units;
    int number = 0;
    bool tree = false;
};
struct PlanCall {};
struct ReloadCall {};
struct ApplyCall {
    std::optional<supervisor::Rolling> rolling;
};
struct EventsCall {
    Selectors units;
    std::optional<Since> since;
    bool follow = false;
};
struct LogsCall {
    Selectors units;
    std::optional<Since> since;
    std::uint32_t lines = 10;
    bool follow = false;
    bool json = false;
    std::string stream;  // "out", "err" or empty for both.
};
struct UpgradeCall {};
struct VersionCall {};
struct HealthCall {
    std::optional<core::Probe> probe;  // Empty: only whether superd answers.
    Selectors units;                   // Empty: all that the probe is about.
};

using Call =
    std::variant<StatusCall, SummaryCall, GraphCall, WhyCall, TasksCall, ThreadsCall, ActCall,
                 ScaleCall, EnableCall, WaitCall, SignalCall, PlanCall, ReloadCall, ApplyCall,
                 UpgradeCall, EventsCall, LogsCall, VersionCall, HealthCall>;

// What a user must be allowed to do for a call.
enum class Right { none, read, change };
Right right_for(const Call& call);

}  // namespace superd::control
