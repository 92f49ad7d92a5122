// A command or an answer that a session waits for, or a stream of events.
#pragma once

#include "control/answer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace superd::control {

struct Pending {
    std::uint64_t action = 0;
    std::uint64_t subscription = 0;
    bool streams = false;  // The answer is lines, sent as they come up.
    bool head_sent = false;
    bool finished = false;  // `outcomes` or `answer` are there.
    bool overflowed = false;
    std::string lines;  // To be sent.
    Targets targets;
    bool every_unit = false;  // No need to look which unit an event is about.
    std::vector<supervisor::TargetOutcome> outcomes;
    std::optional<Response> answer;  // Of what is no command: instead of `outcomes`.
    std::optional<std::chrono::steady_clock::time_point> deadline;
};

}  // namespace superd::control
