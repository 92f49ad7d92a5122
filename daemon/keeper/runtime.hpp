// superd's place in the file system: its directories, its lock, its sockets.
#pragma once

#include "keeper/options.hpp"
#include "os/fd.hpp"

namespace superd::keeper {

// What the keeper holds open for its life, so that clients wait instead of failing
// while a part of superd is being replaced.
struct Runtime {
    os::Fd lock;                 // One superd a runtime directory (lock.hpp).
    os::Fd control;              // RUNTIME/control.sock, listening.
    os::Fd notify;               // With SO_PASSCRED (notify_socket.hpp).
    os::Fd logger;               // RUNTIME/logger.sock, listening.
    bool control_given = false;  // It is the service manager's, and its path is too.
};

// Makes all of it that is not there already. Returns 0, or an exit status after having said what is
// wrong.
int open_runtime(const Options& options, Runtime& runtime);

// Removes the sockets that are ours; the lock goes with the process.
void remove_sockets(const Options& options, const Runtime& runtime);

// Where our own program is.
void find_program(Path& path);

// Finds an executable part of superd: beside our own program, or where
// `cmake --install` puts it. False after having said what is missing.
bool find_part(const char* name, Path& path);

}  // namespace superd::keeper
