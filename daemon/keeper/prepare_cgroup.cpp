#include "keeper/prepare_cgroup.hpp"

#include "keeper/options.hpp"
#include "keeper/report.hpp"
#include "os/cgroup.hpp"
#include "os/fd.hpp"
#include "os/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

namespace superd::keeper {
namespace {

constexpr std::string_view control_group = "/.control";
constexpr std::size_t proc_file_max = 1 << 20;

// The group that the unit's processes are in, as a mount shows it; empty where this is not run in
// a group beside them.
std::optional<std::string> find_unit_group() {
    const auto groups = os::read_file("/proc/self/cgroup", proc_file_max);
    const auto mounts = os::read_file("/proc/self/mountinfo", proc_file_max);
    if (!groups || !mounts) return std::nullopt;
    const auto path = os::parse_cgroup_path(*groups);
    if (!path || !path->ends_with(control_group)) return std::nullopt;
    return os::parse_cgroup_mount(
        *mounts, std::string_view{*path}.substr(0, path->size() - control_group.size()));
}

std::string_view take_word(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = before(line, end);
    line = end == std::string_view::npos ? std::string_view{} : from(line, end + 1);
    return word;
}

int refuse(const Path& path, int error) {
    report("cannot make room in the control group for superd: ", path, ": ", describe_error(error),
           error == EBUSY ? "; a service passes controllers on to groups of its own: stop it, or "
                            "use systemd 254 with DelegateSubgroup="
                          : "");
    return exit_cannot_create;
}

}  // namespace

int prepare_cgroup() {
    const auto group = find_unit_group();
    if (!group) return 0;
    Path path;
    path.add(*group).add("/cgroup.subtree_control");
    const os::Fd file{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    char names[512];
    const ssize_t size = file ? ::read(file.get(), names, sizeof names) : -1;
    if (size < 0) return refuse(path, errno);
    std::string_view rest{names, static_cast<std::size_t>(size)};
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    // One at a time: where one cannot be taken back, the others are.
    while (!rest.empty()) {
        Text<64> word;
        word.add("-").add(take_word(rest));
        const auto length = static_cast<ssize_t>(word.view().size());
        if (::write(file.get(), word.c_str(), word.view().size()) != length) {
            return refuse(path, errno);
        }
    }
    return 0;
}

}  // namespace superd::keeper
