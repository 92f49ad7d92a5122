// Where services write what sd_notify(3) says.
//
// Anybody may write there, for services have users of their own, and its queue is short: whoever
// knew it could keep it full, and nobody else would be heard. So it has a name that cannot be
// guessed, in a directory that only root, or superd's user, can list. Services learn it by
// NOTIFY_SOCKET, and the next superd, to which those that run go on to write, by the file
// RUNTIME/notify.path.
#pragma once

#include "keeper/options.hpp"
#include "keeper/text.hpp"
#include "os/fd.hpp"

namespace superd::keeper {

// Relative to the runtime directory; a new one if need be. Returns 0, or an exit status after
// having said what is wrong.
int choose_notify_name(const Options& options, Path& name);

// The one that is in use.
void find_notify_name(const Options& options, Path& name);

// Binds it anew, unless there is one. `path` is where.
int open_notify(const Options& options, const char* path, os::Fd& fd);

}  // namespace superd::keeper
