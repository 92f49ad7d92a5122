// What a worker's threads run at this moment, told from within signal handlers: when one stalls,
// and when one crashes.
#pragma once

#include "protocol/page.hpp"
#include "sdk/superd/abi.h"

#include <cstdint>
#include <string>

namespace superd::worker {

// Handles fatal signals and SIGUSR2 from now on. `name` is what a report calls the worker: "shop/0,
// generation 3".
void watch_for_crashes(protocol::Page& page, std::string name);

// The calling thread serves a slot of the page: gives it a stack for signal handlers, on which they
// run even when its own is exhausted. Again for the same thread: its slot changes.
superd_abi_thread* enter_thread(std::uint32_t slot);
void leave_thread();

}  // namespace superd::worker
