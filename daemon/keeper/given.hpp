// What the service manager started superd with: descriptors by name, as sd_listen_fds(3) has it.
#pragma once

#include "keeper/held.hpp"
#include "keeper/manager.hpp"
#include "keeper/runtime.hpp"

namespace superd::keeper {

// Takes those that an earlier superd has parked (parking.hpp) into `held` and `runtime`, and the
// control socket of a socket unit. Others are closed, which is said. The environment is left
// without what told of them.
void take_given(Held& held, Runtime& runtime, Manager& manager);

}  // namespace superd::keeper
