// Finding superd's own control group, and whether it may be used.
#include "os/cgroup.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include <climits>

namespace superd::os {
namespace {

// The kernel's PROC_CGROUP_INIT_INO: the cgroup namespace that the machine boots in.
constexpr ino_t initial_namespace = 0xEFFFFFFB;

// Small files of /proc only.
Result<std::string> read_proc(const char* path) {
    const Fd fd{::open(path, O_RDONLY | O_CLOEXEC)};
    if (!fd) return fail_errno(errno, std::string{"open "} + path);
    std::string text;
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t size = ::read(fd.get(), bytes.data(), bytes.size());
        if (size < 0) return fail_errno(errno, std::string{"read "} + path);
        if (size == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
}

// The next word of a line of mountinfo; removes it.
std::string_view take_word(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

// Undoes mountinfo's \040 for a space.
std::string unescape(std::string_view word) {
    std::string text;
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    for (std::size_t i = 0; i < word.size(); ++i) {
        const bool escaped = word[i] == '\\' && i + 3 < word.size() && is_octal(word[i + 1]) &&
                             is_octal(word[i + 2]) && is_octal(word[i + 3]);
        if (!escaped) {
            text += word[i];
            continue;
        }
        const int code = (word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + (word[i + 3] - '0');
        text += static_cast<char>(code);
        i += 3;
    }
    return text;
}

bool among(std::string_view word, std::string_view commas) {
    while (!commas.empty()) {
        const std::size_t end = commas.find(',');
        if (commas.substr(0, end) == word) return true;
        commas.remove_prefix(end == std::string_view::npos ? commas.size() : end + 1);
    }
    return false;
}

// Where the mount of one line shows `path`: a mount may begin below the root.
std::optional<std::string> place_in_mount(std::string_view line, std::string_view path,
                                          std::string_view controller) {
    for (int skipped = 0; skipped < 3; ++skipped) take_word(line);  // id, parent, device
    const std::string root = unescape(take_word(line));
    const std::string mount_point = unescape(take_word(line));
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) return std::nullopt;
    line.remove_prefix(dash + 3);
    const std::string_view kind = take_word(line);
    take_word(line);  // What is mounted; the super block's options follow.
    const bool right =
        controller.empty() ? kind == "cgroup2" : kind == "cgroup" && among(controller, line);
    if (!right || mount_point.empty()) return std::nullopt;

    if (root != "/") {
        const bool below =
            path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
        if (!below) return std::nullopt;
        path.remove_prefix(root.size());
    }
    if (path == "/") path = "";
    return mount_point + std::string{path};
}

bool marked_as_delegated(const std::string& directory) {
    for (const char* name : {"user.delegate", "trusted.delegate"}) {
        std::array<char, 8> value{};
        const ssize_t size = ::getxattr(directory.c_str(), name, value.data(), value.size());
        if (size == 1 && value[0] == '1') return true;
    }
    return false;
}

bool in_own_namespace() {
    struct stat status{};
    return ::stat("/proc/self/ns/cgroup", &status) == 0 && status.st_ino != initial_namespace;
}

// As systemd names the groups of what it starts.
bool is_units(std::string_view path) {
    return path.ends_with(".service") || path.ends_with(".scope");
}

void judge(CgroupPlace& place, std::string_view path, const CgroupClaim& claim) {
    const bool root_of_namespace = (path.empty() || path == "/") && in_own_namespace();
    if (::access(place.directory.c_str(), W_OK) != 0) {
        const std::string cause = std::error_code{errno, std::system_category()}.message();
        place.why = place.directory + " is not writable (" + cause + ")";
    } else if (marked_as_delegated(place.directory)) {
        place.delegated = true;
        place.why = place.directory + " is delegated to superd";
    } else if (root_of_namespace) {
        place.delegated = true;
        place.why = place.directory + " is the root of superd's cgroup namespace";
    } else if (claim.keeper == 1) {
        place.delegated = true;
        place.why = "superd is PID 1";
    } else if (claim.told && is_units(path)) {
        place.delegated = true;
        place.why = place.directory + " is delegated to superd, as SUPERD_DELEGATE says";
    } else {
        place.why = place.directory +
                    " is not delegated to superd; with systemd, set Delegate=yes" +
                    (::geteuid() == 0 ? "" : " and Environment=SUPERD_DELEGATE=yes");
    }
}

// The group above the one that superd is in, if that one is but a part of what is superd's:
// the one above is marked; or superd was here before, and made the lower one itself.
std::optional<CgroupPlace> above(const CgroupPlace& place, std::string_view path,
                                 const CgroupClaim& claim) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || path.size() < 2 ||
        !place.directory.ends_with(path.substr(slash))) {
        return std::nullopt;
    }
    CgroupPlace upper;
    upper.own = path.substr(slash + 1);
    upper.settled = true;
    upper.directory = place.directory.substr(0, place.directory.size() - (path.size() - slash));
    const std::string_view path_above = path.substr(0, slash);
    judge(upper, path_above, claim);
    const bool its_own = upper.own == CgroupPlace{}.own;
    const bool told = claim.told && !is_units(path) && is_units(path_above);
    if (!upper.delegated || (!its_own && !told && !marked_as_delegated(upper.directory))) {
        return std::nullopt;
    }
    return upper;
}

}  // namespace

std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const std::size_t first = line.find(':'), second = line.find(":/");
        if (second == std::string_view::npos || second <= first) continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const bool right =
            controller.empty() ? line.starts_with("0::") : among(controller, controllers);
        if (right) return std::string{line.substr(second + 1)};
    }
    return std::nullopt;
}

std::optional<std::string> parse_cgroup_mount(std::string_view mountinfo, std::string_view path,
                                              std::string_view controller) {
    while (!mountinfo.empty()) {
        const std::size_t end = mountinfo.find('\n');
        if (auto place = place_in_mount(mountinfo.substr(0, end), path, controller)) return place;
        mountinfo.remove_prefix(end == std::string_view::npos ? mountinfo.size() : end + 1);
    }
    return std::nullopt;
}

Result<CgroupPlace> find_cgroup(const CgroupClaim& claim) {
    const auto groups = read_proc("/proc/self/cgroup");
    if (!groups) return std::unexpected{groups.error()};
    const auto mounts = read_proc("/proc/self/mountinfo");
    if (!mounts) return std::unexpected{mounts.error()};

    const auto path = parse_cgroup_path(*groups);
    if (!path) return fail(std::errc::not_supported, "find superd's own cgroup v2 group");
    auto directory = parse_cgroup_mount(*mounts, *path);
    // "/../x" is a group outside the namespace's root, which no mount of ours shows.
    if (!directory || path->starts_with("/..")) {
        return fail(std::errc::no_such_file_or_directory,
                    "find a cgroup2 mount that shows " + *path);
    }
    CgroupPlace place{.directory = std::move(*directory)};
    // Where superd was put into a part of what is its own, the whole is what counts.
    if (!marked_as_delegated(place.directory)) {
        if (auto upper = above(place, *path, claim)) return std::move(*upper);
    }
    judge(place, *path, claim);
    return place;
}

}  // namespace superd::os
