// Named pipes: how a service's output outlives whoever reads it.
#pragma once

#include "base/result.hpp"
#include "os/fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>

namespace superd::os {

// Makes a FIFO, mode 0600, and opens it read-write: such a holder gets neither
// SIGPIPE nor EOF, whoever else comes and goes. One that exists is opened as it
// is, so that what is unread in it stays. `owner` -1 leaves it ours.
Result<Fd> make_fifo(const std::string& path, uid_t owner = static_cast<uid_t>(-1),
                     gid_t group = static_cast<gid_t>(-1));

// Opens the FIFO for reading, non-blocking.
Result<Fd> open_fifo_for_reading(const std::string& path);

// Asks for room for so many bytes, which the kernel rounds up to pages and
// bounds by fs.pipe-max-size for the unprivileged. Returns what it gave.
Result<std::size_t> set_fifo_size(const Fd& fifo, std::size_t bytes);

// Copies what lies at the front of a pipe and leaves it there; nothing at its end.
// resource_unavailable_try_again: it is empty.
Result<std::size_t> peek_pipe(int pipe, std::span<char> bytes);

}  // namespace superd::os
