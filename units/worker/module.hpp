// A module: a shared object with a service in it.
#pragma once

#include "sdk/superd/abi.h"

#include <expected>
#include <string>

namespace superd::worker {

// Loads a module for good, and looks whether it offers `model` and was built for this version.
// The error is a whole sentence.
std::expected<const superd_abi_module*, std::string> load_module(const std::string& path,
                                                                 superd_abi_model model);

}  // namespace superd::worker
