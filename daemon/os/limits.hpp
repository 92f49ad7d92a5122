// How many descriptors we may have.
#pragma once

#include "base/result.hpp"

#include <sys/resource.h>

namespace superd::os {

// RLIMIT_NOFILE before and after: services get `original`, not what we need for ourselves.
struct OpenFilesLimit {
    rlim_t original = 0;  // The soft limit that we were started with.
    rlim_t soft = 0;      // ... and now.
    rlim_t hard = 0;
};

// Raises the soft limit of open files to the hard one.
Result<OpenFilesLimit> raise_open_files_limit();

}  // namespace superd::os
