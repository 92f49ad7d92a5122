// One superd a runtime directory.
#pragma once

#include "keeper/options.hpp"
#include "os/fd.hpp"

namespace superd::keeper {

// Takes it for the life of the process. Returns 0, or an exit status after having said what is
// wrong.
int take_lock(const Options& options, os::Fd& lock);

}  // namespace superd::keeper
