#include "os/cgroup.hpp"

#include "os/cgroup_file.hpp"
#include "os/process.hpp"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <memory>
#include <span>

namespace superd::os {
namespace {

constexpr int depth_max = 32;          // Of groups that a service made below its own.
constexpr std::size_t batch_max = 64;  // pidfds open at one time.
constexpr int kill_passes_max =
    16;  // Without cgroup.kill; who forks faster is met at the next event.

// The groups directly below the one at `path`.
std::vector<std::string> subgroups(int directory, const std::string& path) {
    std::vector<std::string> names;
    const int fd = ::openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return names;
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(fd), ::closedir};
    if (!stream) {
        ::close(fd);
        return names;
    }
    while (const dirent* entry = ::readdir(stream.get())) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    return names;
}

void collect_processes(int directory, const std::string& path, int depth, std::vector<pid_t>& out) {
    // A threaded group refuses to be read (EOPNOTSUPP); its processes are listed further up.
    if (const auto text = read_cgroup_file(directory, path + "/cgroup.procs")) {
        std::string_view rest{*text};
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            // 0 stands for a process of another pid namespace.
            if (const auto pid = parse_cgroup_number<pid_t>(rest.substr(0, end)); pid && *pid > 0) {
                out.push_back(*pid);
            }
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
    }
    if (depth == depth_max) return;
    for (const std::string& name : subgroups(directory, path)) {
        collect_processes(directory, path + "/" + name, depth + 1, out);
    }
}

Result<void> remove_tree(int directory, const std::string& path, int depth) {
    if (depth < depth_max) {
        for (const std::string& name : subgroups(directory, path)) {
            if (auto removed = remove_tree(directory, path + "/" + name, depth + 1); !removed)
                return removed;
        }
    }
    if (::unlinkat(directory, path.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) {
        return fail_errno(errno, "remove cgroup " + path);
    }
    return {};
}

}  // namespace

std::string cgroup_name(std::string_view unit, std::uint32_t index) {
    return std::string{unit} + ":" + std::to_string(index);
}

Result<CgroupParent> CgroupParent::open(std::string directory) {
    Fd fd{::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) return fail_errno(errno, "open cgroup " + directory);
    // What is no cgroup has none of this; nothing must be made or removed there.
    if (::faccessat(fd.get(), "cgroup.procs", F_OK, 0) < 0) {
        return fail_errno(errno, "use " + directory + " as a cgroup v2 group");
    }
    return CgroupParent{std::move(fd), std::move(directory)};
}

Result<bool> CgroupParent::create(const std::string& name) const {
    assert(!name.empty() && !name.contains('/') && name.front() != '.');
    if (::mkdirat(fd_.get(), name.c_str(), 0755) == 0) return true;
    if (errno == EEXIST) return false;
    return fail_errno(errno, "make cgroup " + directory_ + "/" + name);
}

std::string CgroupParent::procs_path(const std::string& name) const {
    return directory_ + "/" + name + "/cgroup.procs";
}

std::string CgroupParent::events_path(const std::string& name) const {
    return directory_ + "/" + name + "/cgroup.events";
}

std::string CgroupParent::memory_events_path(const std::string& name) const {
    return directory_ + "/" + name + "/memory.events";
}

Result<bool> CgroupParent::populated(const std::string& name) const {
    const auto text = read_cgroup_file(fd_.get(), name + "/cgroup.events");
    if (!text) {
        const std::error_code code = text.error().code;
        // ENODEV: it was removed between open and read.
        if (code == std::errc::no_such_file_or_directory || code == std::errc::no_such_device)
            return false;
        return std::unexpected{text.error()};
    }
    return cgroup_value(*text, "populated") != 0;
}

std::vector<pid_t> CgroupParent::processes(const std::string& name) const {
    std::vector<pid_t> pids;
    collect_processes(fd_.get(), name, 0, pids);
    return pids;
}

Result<std::size_t> CgroupParent::signal(const std::string& name, int number) const {
    const std::vector<pid_t> pids = processes(name);
    std::size_t sent = 0;
    for (std::size_t begin = 0; begin < pids.size(); begin += batch_max) {
        const std::span batch{pids.data() + begin, std::min(batch_max, pids.size() - begin)};
        std::array<Fd, batch_max> pidfds;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            auto pidfd = pidfd_open(batch[i]);
            if (pidfd) {
                pidfds[i] = std::move(*pidfd);
            } else if (pidfd.error().code != std::errc::no_such_process) {
                return std::unexpected{pidfd.error()};
            }
        }
        // Read again: a number found here now either is held by the pidfd, or
        // its process ended and the signal finds nobody.
        std::vector<pid_t> still = processes(name);
        std::ranges::sort(still);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!pidfds[i] || !std::ranges::binary_search(still, batch[i])) continue;
            if (pidfd_signal(pidfds[i], number)) ++sent;
        }
    }
    return sent;
}

Result<void> CgroupParent::kill(const std::string& name) const {
    const auto killed = write_cgroup_file(fd_.get(), name + "/cgroup.kill", "1");
    if (killed) return {};
    if (killed.error().code != std::errc::no_such_file_or_directory) return killed;

    for (int pass = 0; pass < kill_passes_max; ++pass) {
        const auto sent = signal(name, SIGKILL);
        if (!sent) return std::unexpected{sent.error()};
        if (*sent == 0) return {};
    }
    return {};
}

Result<void> CgroupParent::remove(const std::string& name) const {
    return remove_tree(fd_.get(), name, 0);
}

Result<void> CgroupParent::move(const std::string& name, pid_t pid) const {
    return write_cgroup_file(fd_.get(), name + "/cgroup.procs", std::to_string(pid));
}

}  // namespace superd::os
