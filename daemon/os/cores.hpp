// How many processors this process may keep busy: what it is allowed to run on,
// and what its control groups leave it of their time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace superd::os {

// Both bounds together; at least 1.
std::uint32_t usable_cores();

// The processors that this process may run on, by number.
std::vector<int> allowed_processors();

// A file's text, or nothing if it cannot be read.
using ReadText = std::function<std::optional<std::string>(const std::string& path)>;

// The quota (rounded up) of the control group of this process and of those above it, the
// tightest: cpu.max of v2, cpu.cfs_quota_us of v1. Nothing: there is none.
std::optional<std::uint32_t> cores_by_quota(const ReadText& read);

}  // namespace superd::os
