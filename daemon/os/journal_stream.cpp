#include "os/journal_stream.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <string>

namespace superd::os {

bool is_journal_stream(int descriptor) {
    const char* const variable = std::getenv("JOURNAL_STREAM");
    return variable != nullptr && is_journal_stream(descriptor, variable);
}

bool is_journal_stream(int descriptor, std::string_view variable) {
    struct stat info{};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0) return false;
    return variable == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace superd::os
