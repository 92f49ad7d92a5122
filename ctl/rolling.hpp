// What restart and apply have in common when they roll.
#pragma once

#include "ctl/exit_code.hpp"

namespace superctl {

// The mistake of --batch without --rolling.
inline Failure batch_alone() {
    return {ExitCode::usage, "cannot use --batch alone: it is for --rolling", "add --rolling"};
}

}  // namespace superctl
