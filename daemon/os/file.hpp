// Whole files, read and replaced.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace superd::os {

// The contents of a file, /proc's included. More than `size_max` bytes is an
// error (file_too_large), so that a wrong path cannot eat the memory.
Result<std::string> read_file(const std::string& path, std::size_t size_max);

// Writes all of `text` to a temporary file beside `path` and renames it, so that
// a reader sees the old text or the new, whoever dies in between. It is not
// synced to the disk: it survives us, not a power cut.
Result<void> write_file(const std::string& path, std::string_view text, mode_t mode);

}  // namespace superd::os
