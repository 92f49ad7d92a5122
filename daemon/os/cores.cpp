#include "os/cores.hpp"

#include "os/cgroup.hpp"
#include "os/file.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

namespace superd::os {
namespace {

constexpr std::size_t file_max = 4u << 20;
constexpr std::string_view blanks = " \t\n";

std::optional<std::int64_t> take_number(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// Time per period, rounded up to whole processors. A quota of -1 is none.
std::optional<std::uint32_t> whole(std::optional<std::int64_t> quota,
                                   std::optional<std::int64_t> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<std::int64_t>((*quota - 1) / *period + 1, 1 << 20));
}

// "150000 100000" or "max 100000"
std::optional<std::uint32_t> quota_v2(const ReadText& read, const std::string& directory) {
    const auto text = read(directory + "/cpu.max");
    if (!text) return std::nullopt;
    std::string_view rest{*text};
    const auto quota = take_number(rest);
    return whole(quota, take_number(rest));
}

std::optional<std::uint32_t> quota_v1(const ReadText& read, const std::string& directory) {
    const auto number = [&](const char* name) -> std::optional<std::int64_t> {
        const auto text = read(directory + name);
        if (!text) return std::nullopt;
        std::string_view rest{*text};
        return take_number(rest);
    };
    return whole(number("/cpu.cfs_quota_us"), number("/cpu.cfs_period_us"));
}

// Of a group and those above it: each of them bounds what is below.
template <class Quota>
std::optional<std::uint32_t> tightest(std::string directory, Quota&& quota) {
    std::optional<std::uint32_t> least;
    while (!directory.empty()) {
        if (const auto found = quota(directory)) least = std::min(least.value_or(*found), *found);
        directory.resize(
            directory.find_last_of('/') == std::string::npos ? 0 : directory.find_last_of('/'));
    }
    return least;
}

}  // namespace

std::vector<int> allowed_processors() {
    constexpr int most = 1 << 16;
    std::vector<int> allowed;
    for (int count = 1024; count <= most; count *= 4) {
        const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set{
            CPU_ALLOC(static_cast<std::size_t>(count)), [](cpu_set_t* each) { CPU_FREE(each); }};
        const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(count));
        if (set && ::sched_getaffinity(0, size, set.get()) == 0) {
            for (int cpu = 0; cpu < count; ++cpu) {
                if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set.get())) {
                    allowed.push_back(cpu);
                }
            }
            return allowed;
        }
        if (errno != EINVAL) break;  // EINVAL: the kernel knows more of them.
    }
    return allowed;
}

std::optional<std::uint32_t> cores_by_quota(const ReadText& read) {
    const auto groups = read("/proc/self/cgroup");
    const auto mounts = read("/proc/self/mountinfo");
    if (!groups || !mounts) return std::nullopt;
    std::optional<std::uint32_t> least;
    const auto consider = [&](std::string_view controller, auto&& quota) {
        const auto path = parse_cgroup_path(*groups, controller);
        const auto directory = path ? parse_cgroup_mount(*mounts, *path, controller) : std::nullopt;
        if (!directory) return;
        const auto found = tightest(*directory, quota);
        if (found) least = std::min(least.value_or(*found), *found);
    };
    consider("", [&](const std::string& directory) { return quota_v2(read, directory); });
    consider("cpu", [&](const std::string& directory) { return quota_v1(read, directory); });
    return least;
}

std::uint32_t usable_cores() {
    const auto quota = cores_by_quota([](const std::string& path) -> std::optional<std::string> {
        auto text = read_file(path, file_max);
        if (!text) return std::nullopt;
        return std::move(*text);
    });
    const auto processors = static_cast<std::uint32_t>(allowed_processors().size());
    const std::uint32_t allowed = std::max(processors, 1u);
    return std::max(1u, quota ? std::min(*quota, allowed) : allowed);
}

}  // namespace superd::os
