// From a method's arguments to the request of the control API that does it: so both faces take
// the same, refuse the same, and say the same.
#pragma once

#include "bus/handle.hpp"
#include "bus/method.hpp"
#include "control/request.hpp"

#include <expected>
#include <string>

namespace superd::bus {

// `unit`: whose method it is; empty for the manager's. The message has the method's signature.
std::expected<control::Request, control::Refusal> to_request(const Method& method,
                                                             const std::string& unit,
                                                             sd_bus_message* message);

}  // namespace superd::bus
