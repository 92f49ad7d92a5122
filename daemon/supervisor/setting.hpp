// What the supervisor is started with.
#pragma once

#include "os/limits.hpp"

#include <string>
#include <vector>

namespace superd::supervisor {

struct SupervisorSetting {
    std::string config_directory, runtime_directory, state_directory;
    os::OpenFilesLimit open_files;
    std::vector<std::string> profiles;  // That its command line names.
    bool delegated = false;             // Its unit says that its control group is.
};

}  // namespace superd::supervisor
