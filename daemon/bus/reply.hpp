// From the control API's answer to what a method gives back.
#pragma once

#include "bus/handle.hpp"
#include "bus/method.hpp"
#include "control/response.hpp"

#include <string>

namespace superd::bus {

// Answers the call.
void send_reply(sd_bus_message* call, const Method& method, const control::Response& response);

// Answers it with what was made for it; `error`, negative, is why that could not be.
void send_made(sd_bus_message* call, sd_bus_message* made, int error);

// Answers it with an error: the refusal's sentences.
void send_refusal(sd_bus_message* call, const control::Refusal& refusal);
void send_error(sd_bus_message* call, const char* name, const std::string& text);

}  // namespace superd::bus
