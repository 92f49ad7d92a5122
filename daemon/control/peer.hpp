// Who asks.
#pragma once

#include "control/call.hpp"
#include "control/request.hpp"

#include <sys/types.h>

#include <expected>
#include <functional>
#include <vector>

namespace superd::control {

// The call as it may be carried out, or why it may not.
using Verdict = std::expected<Call, Refusal>;

struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);  // Its primary group.
    std::vector<gid_t> groups;           // The others, where they are known.

    // Asks whether this peer may change what it may not by its uid. `told` is called once, later,
    // if ever. Empty: there is nobody to ask.
    std::function<void(Call, std::function<void(Verdict)> told)> ask;
};

}  // namespace superd::control
