// What the kernel grants this process beyond what services are to have.
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

// What "unlimited" means for open files, of which the kernel takes no more than fs.nr_open, from
// root too: that, or the hard limit that this process has and may not raise (proc_sys_fs(5),
// CAP_SYS_RESOURCE in capabilities(7)).
rlim_t most_open_files();

// A process that the kernel spares when memory is short (oom_score_adj below 0) is as any other
// from here on, and so are those that it makes. Else nothing is done.
void forgo_oom_protection();

}  // namespace superd::os
