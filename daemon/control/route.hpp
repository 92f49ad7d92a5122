// From a request to what it asks for: a pure function, so that tests and the
// fuzzer drive all that reads what strangers send.
#pragma once

#include "control/call.hpp"
#include "control/request.hpp"

#include <expected>

namespace superd::control {

std::expected<Call, Refusal> route(const Request& request);

}  // namespace superd::control
