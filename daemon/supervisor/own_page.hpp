// The page that a worker has open, found without the keeper: of one that outlived all of superd.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

namespace superd::supervisor {

// A duplicate of it. Empty: it has none that could be its own. An error: superd may not look.
// `pidfd` is that process's.
Result<os::Fd> own_page(pid_t pid, const os::Fd& pidfd);

}  // namespace superd::supervisor
