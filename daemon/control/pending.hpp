// A call that a session waits for, or a stream of events.
#pragma once

#include "control/errand.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace superd::control {

struct Pending {
    std::optional<Errand> errand;  // Empty: the events themselves are the answer.
    Targets targets;               // Whose events are sent.
    bool every_unit = false;       // No need to look which unit an event is about.
    std::uint64_t subscription = 0;
    bool streams = false;  // The answer is lines, sent as they come up.
    bool head_sent = false;
    bool overflowed = false;
    std::string lines;  // To be sent.

    bool finished() const { return errand && errand->finished(); }
};

}  // namespace superd::control
