// Who a process is run by.
#pragma once

#include <sys/types.h>

namespace superd::os {

// True if all its user ids, as they are now, are among root's, our own and `user`: nobody else can
// have given it its environment. A set-user-ID program that somebody else has started is run by
// him.
bool is_run_by(pid_t pid, uid_t user);

}  // namespace superd::os
