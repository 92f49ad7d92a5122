// The page that a worker shares with superd.
#pragma once

#include "base/result.hpp"
#include "protocol/page.hpp"

#include <cstdint>

namespace superd::worker {

// Maps the page that `fd` is of, or one of the worker's own when `fd` is -1. It stays mapped until
// the process ends.
Result<protocol::Page*> map_page(int fd);

// Makes it this worker's: what an earlier run noted is cleared, but for its metrics, which go on
// counting.
void claim_page(protocol::Page& page, std::uint32_t worker);

}  // namespace superd::worker
