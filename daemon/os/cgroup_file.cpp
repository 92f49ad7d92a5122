#include "os/cgroup_file.hpp"

#include "os/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace superd::os {

Result<void> write_cgroup_file(int directory, const std::string& path, std::string_view text) {
    const Fd fd{::openat(directory, path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd) return fail_errno(errno, "open cgroup file " + path);
    const ssize_t size = ::write(fd.get(), text.data(), text.size());
    if (size != static_cast<ssize_t>(text.size())) {
        return fail_errno(size < 0 ? errno : EIO, "write cgroup file " + path);
    }
    return {};
}

Result<std::string> read_cgroup_file(int directory, const std::string& path) {
    const Fd fd{::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) return fail_errno(errno, "open cgroup file " + path);
    std::string text;
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t size = ::read(fd.get(), bytes.data(), bytes.size());
        if (size < 0) return fail_errno(errno, "read cgroup file " + path);
        if (size == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
}

std::optional<std::uint64_t> cgroup_value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
            return parse_cgroup_number<std::uint64_t>(line.substr(key.size() + 1));
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return std::nullopt;
}

}  // namespace superd::os
