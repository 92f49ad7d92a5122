// The rule that a unit's workers are held to.
#pragma once

#include "config/hosted.hpp"
#include "core/stall.hpp"

namespace superd::supervisor {

core::StallRule stall_rule(const config::Hosted& hosted);

}  // namespace superd::supervisor
