#include "os/limits.hpp"

#include "os/fd.hpp"
#include "os/file.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <tuple>

namespace superd::os {
namespace {

// What Linux begins with.
constexpr rlim_t nr_open_default = 1024 * 1024;

bool may_raise_limits() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
    return (data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective & CAP_TO_MASK(CAP_SYS_RESOURCE)) != 0;
}

rlim_t nr_open() {
    rlim_t number = nr_open_default;
    if (const auto text = read_file("/proc/sys/fs/nr_open", 32)) {
        std::from_chars(text->data(), text->data() + text->size(), number);
    }
    return number;
}

}  // namespace

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

rlim_t most_open_files() {
    rlimit own{};
    if (may_raise_limits() || ::getrlimit(RLIMIT_NOFILE, &own) != 0) return nr_open();
    return std::min(own.rlim_max, nr_open());
}

void forgo_oom_protection() {
    const Fd file{::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC)};
    std::array<char, 16> text{};
    if (!file || ::pread(file.get(), text.data(), text.size() - 1, 0) <= 0) return;
    if (text[0] == '-') std::ignore = ::pwrite(file.get(), "0", 1, 0);
}

}  // namespace superd::os
