#include "os/limits.hpp"

#include <cerrno>

namespace superd::os {

Result<OpenFilesLimit> raise_open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        const int error = errno;
        return fail_errno(error, "read the limit of open files");
    }
    const OpenFilesLimit raised{limit.rlim_cur, limit.rlim_max, limit.rlim_max};
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        const int error = errno;
        return fail_errno(error, "raise the limit of open files");
    }
    return raised;
}

}  // namespace superd::os
