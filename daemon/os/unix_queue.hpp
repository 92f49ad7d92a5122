// The queue of a Unix socket that listens, which only sock_diag(7) tells.
#pragma once

#include "os/listener.hpp"

#include <optional>

namespace superd::os {

// Empty: it does not listen, or the kernel does not tell (CONFIG_UNIX_DIAG).
std::optional<Queue> unix_accept_queue(int socket);

}  // namespace superd::os
