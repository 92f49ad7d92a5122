// Where the socket is that NOTIFY_SOCKET names.
#pragma once

#include "os/file.hpp"

#include <string>

namespace superd::supervisor {

// As the keeper has written it down; one of before it did so has bound the only name there was.
inline std::string notify_path(const std::string& runtime_directory) {
    const auto name = os::read_file(runtime_directory + "/notify.path", 64);
    const bool whole = name && name->ends_with('\n');
    return runtime_directory + "/" +
           (whole ? name->substr(0, name->size() - 1) : std::string{"notify.sock"});
}

}  // namespace superd::supervisor
