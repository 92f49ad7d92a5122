// What a call that changes something is called, and what it is about: as it is remembered, and
// as somebody is asked whether it may be.
#pragma once

#include "control/call.hpp"
#include "control/request.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace superd::control {

// What kind of right a command needs.
enum class Domain {
    units,       // Starts, stops, scales or signals units.
    unit_files,  // Whether they start by themselves.
    reload,      // What configuration is in force.
    daemon,      // superd's own processes.
};

struct Command {
    std::string_view verb;  // As the API's path names it: "stop".
    Domain domain = Domain::units;
    Selectors units;  // Empty: it is for all, or about no unit.
    int signal = 0;   // Of the verb signal.
};

// Empty for a call that changes nothing.
std::optional<Command> command_of(const Call& call);

// The same call about just those units that its selectors select now, by name: what was allowed
// is what is carried out, whatever is added meanwhile. One for all stays one for all.
std::expected<Call, Refusal> narrowed(Call call, const supervisor::Operations& operations);

}  // namespace superd::control
