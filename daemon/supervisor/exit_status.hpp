// How a process ended, in the core's words.
#pragma once

#include "core/instance.hpp"

#include <sys/wait.h>

namespace superd::supervisor {

// From si_code and si_status, as waitid(2) fills them in.
inline core::ExitStatus exit_status(int code, int status) {
    core::ExitStatus result;
    if (code == CLD_EXITED) {
        result.code = status;
    } else {
        result.signal = status;
        result.core = code == CLD_DUMPED;
    }
    return result;
}

}  // namespace superd::supervisor
