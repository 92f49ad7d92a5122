// The JSON bodies of requests.
#pragma once

#include "control/call.hpp"
#include "control/request.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace superd::control {

// {"units":["web","api/*"],"wait":true,"timeout":20}, or {"all":true} for every
// unit: an empty list alone is refused, as it is too easily sent by mistake.
// A restart may have "rolling":true and "batch":2 besides.
std::expected<ActCall, Refusal> read_act(std::string_view body, supervisor::Action action);

// Whether and how instances are replaced some after others; `batch` as it was given.
std::expected<std::optional<supervisor::Rolling>, Refusal> check_rolling(
    bool rolling, std::optional<std::int64_t> batch);

// {"instances":{"web":4,"api":"+1","db":"cores","log":"reset"},"wait":true,"timeout":20}
std::expected<ScaleCall, Refusal> read_scale(std::string_view body);

// {"units":["web"],"reset":false}: `on` without a reset.
std::expected<EnableCall, Refusal> read_enable(std::string_view body, bool on);

// {"units":["web"],"until":"ready","timeout":20}
std::expected<WaitCall, Refusal> read_wait(std::string_view body);

// {"units":["web"],"signal":"HUP","tree":false}
std::expected<SignalCall, Refusal> read_signal(std::string_view body);

}  // namespace superd::control
