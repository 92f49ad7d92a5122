#include "os/process.hpp"

#include "os/file.hpp"
#include "os/proc_fields.hpp"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

namespace superd::os {
namespace {

constexpr std::size_t stat_max = 4096;
constexpr std::size_t environment_max = 4u << 20;
constexpr std::size_t children_max = 16u << 20;

std::string proc_path(pid_t pid, std::string_view file) {
    std::string path = "/proc/" + std::to_string(pid);
    return path.append("/").append(file);
}

std::vector<pid_t> numbered_entries(const std::string& directory) {
    std::vector<pid_t> found;
    const std::unique_ptr<DIR, decltype([](DIR* dir) { ::closedir(dir); })> dir{
        ::opendir(directory.c_str())};
    if (!dir) return found;
    while (const dirent* entry = ::readdir(dir.get())) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        found.push_back(number<pid_t>(entry->d_name));
    }
    return found;
}

// The part of /proc/PID/stat behind the name, which is in parentheses and may
// hold any character, even those.
std::string stat_fields(pid_t pid) {
    auto text = read_file(proc_path(pid, "stat"), stat_max);
    if (!text) return {};
    const auto name_end = text->rfind(')');
    return name_end == std::string::npos ? std::string{} : text->substr(name_end + 1);
}

constexpr int first_field = 3;  // Of stat_fields(), numbered as in proc(5).

// It has memory (field 23) but its environment has no end yet (field 51).
bool amid_exec(pid_t pid) {
    const std::string text = stat_fields(pid);
    std::string_view rest = text;
    std::string_view word;
    for (int i = first_field; i <= 23; ++i) word = next_word(rest);
    const bool has_memory = number<std::uint64_t>(word) != 0;
    for (int i = 24; i <= 51; ++i) word = next_word(rest);
    return has_memory && number<std::uint64_t>(word) == 0;
}

// A vforked parent runs on before the kernel has laid out the environment of
// what its child executes; until then the file is there, but empty.
std::string environment_text(pid_t pid) {
    constexpr int patience = 100;
    for (int i = 0; i < patience; ++i) {
        auto text = read_file(proc_path(pid, "environ"), environment_max);
        if (!text) return {};
        if (!text->empty()) return *std::move(text);
        if (!amid_exec(pid)) {
            // It may have been so when we read, and be over now.
            return read_file(proc_path(pid, "environ"), environment_max).value_or("");
        }
        ::sched_yield();
    }
    return {};
}

// linux/pidfd.h of 6.15; the headers we build with may be older.
struct PidfdInfo {
    std::uint64_t mask, cgroup;
    std::uint32_t pid, tgid, ppid, ids[8];
    std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr unsigned long pidfd_get_info = _IOWR(0xFF, 11, PidfdInfo);
constexpr std::uint64_t pidfd_info_exit = 1u << 3;

}  // namespace

std::optional<ProcessStat> process_stat(pid_t pid) {
    const std::string text = stat_fields(pid);
    std::string_view rest = text;
    std::string_view field[25];
    for (int i = first_field; i <= 24; ++i) field[i] = next_word(rest);
    if (field[first_field].empty()) return std::nullopt;
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    ProcessStat stat;
    stat.pid = pid;
    stat.state = field[first_field][0];
    stat.parent = number<pid_t>(field[4]);
    stat.group = number<pid_t>(field[5]);
    stat.session = number<pid_t>(field[6]);
    stat.cpu_ticks = number<std::uint64_t>(field[14]) + number<std::uint64_t>(field[15]);
    stat.start_ticks = number<std::uint64_t>(field[22]);
    stat.threads = number<std::uint32_t>(field[20]);
    stat.rss_bytes = number<std::uint64_t>(field[24]) * page;
    return stat;
}

std::int64_t tick_ns() {
    static const std::int64_t tick = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
    return tick;
}

std::int64_t started_ns(const ProcessStat& stat) {
    return static_cast<std::int64_t>(stat.start_ticks) * tick_ns();
}

std::optional<std::string> process_environment(pid_t pid, std::string_view name) {
    const std::string text = environment_text(pid);
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\0'), rest.size());
        const std::string_view entry = rest.substr(0, end);
        if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
            return std::string{entry.substr(name.size() + 1)};
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> found;
    // Children are listed with the thread that made them.
    for (const pid_t thread : numbered_entries(proc_path(pid, "task"))) {
        const std::string file = "task/" + std::to_string(thread) + "/children";
        const auto text = read_file(proc_path(pid, file), children_max);
        if (!text) continue;
        std::string_view rest = *text;
        for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
            found.push_back(number<pid_t>(word));
        }
    }
    return found;
}

std::vector<pid_t> descendants_of(pid_t pid) {
    std::vector<pid_t> found = children_of(pid);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const std::vector<pid_t> children = children_of(found[i]);
        found.insert(found.end(), children.begin(), children.end());
    }
    return found;
}

std::vector<int> descriptors_of(pid_t pid) { return numbered_entries(proc_path(pid, "fd")); }

std::string descriptor_target(pid_t pid, int number) {
    std::array<char, 4096> text{};
    const ssize_t size = ::readlink(proc_path(pid, "fd/" + std::to_string(number)).c_str(),
                                    text.data(), text.size());
    return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)} : std::string{};
}

std::vector<pid_t> all_processes() { return numbered_entries("/proc"); }

std::string own_directory() {
    std::array<char, 4096> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0) return {};
    const std::string_view text{path.data(), static_cast<std::size_t>(size)};
    return std::string{text.substr(0, text.rfind('/'))};
}

Result<Fd> pidfd_open(pid_t pid) {
    // Not by sys/pidfd.h: glibc 2.36 forgot to declare it extern "C".
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) {
        const int error = errno;
        return fail_errno(error, "open a pidfd of process " + std::to_string(pid));
    }
    return Fd{fd};
}

Result<Fd> pidfd_getfd(const Fd& pidfd, int number) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), number, 0));
    if (fd < 0) {
        const int error = errno;
        return fail_errno(error, "take descriptor " + std::to_string(number) + " of a process");
    }
    return Fd{fd};
}

std::optional<pid_t> pidfd_pid(const Fd& pidfd) {
    constexpr std::size_t info_max = 4096;
    constexpr std::string_view label = "\nPid:\t";
    const auto text = read_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()), info_max);
    const auto at = text ? text->find(label) : std::string::npos;
    if (at == std::string::npos) return std::nullopt;
    pid_t pid = 0;
    const char* const begin = text->data() + at + label.size();
    std::from_chars(begin, text->data() + text->size(), pid);
    if (pid <= 0) return std::nullopt;
    return pid;
}

Result<void> pidfd_signal(const Fd& pidfd, int signal) {
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0) {
        const int error = errno;
        return fail_errno(error, "send signal " + std::to_string(signal) + " by pidfd");
    }
    return {};
}

bool is_dying(pid_t pid) {
    constexpr std::size_t status_max = 8192;
    constexpr int kill_bit = SIGKILL - 1;
    const auto text = read_file("/proc/" + std::to_string(pid) + "/status", status_max);
    if (!text) return true;
    const auto after = [&](std::string_view label) -> std::string_view {
        const auto at = text->find(label);
        return at == std::string::npos ? std::string_view{}
                                       : std::string_view{*text}.substr(at + label.size());
    };
    const std::string_view state = after("\nState:\t");
    if (state.starts_with('Z') || state.starts_with('X')) return true;
    for (const std::string_view label : {"\nSigPnd:\t", "\nShdPnd:\t"}) {
        const std::string_view digits = after(label);
        std::uint64_t pending = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), pending, 16);
        if ((pending >> kill_bit & 1) != 0) return true;
    }
    return false;
}

std::optional<int> pidfd_exit_status(const Fd& pidfd) {
    PidfdInfo info{};
    info.mask = pidfd_info_exit;
    if (::ioctl(pidfd.get(), pidfd_get_info, &info) != 0) return std::nullopt;
    if ((info.mask & pidfd_info_exit) == 0) return std::nullopt;
    return info.exit_code;
}

}  // namespace superd::os
