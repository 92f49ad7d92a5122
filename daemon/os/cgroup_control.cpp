// What the kernel counts of a group, and what it is told to do to one: controllers, limits,
// standing still.
#include "os/cgroup.hpp"
#include "os/cgroup_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace superd::os {
namespace {

constexpr std::array<std::string_view, 4> wanted{"memory", "pids", "cpu", "io"};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

// "some avg10=1.25 avg60=…": 1.25.
std::optional<double> pressure_of(std::string_view text) {
    constexpr std::string_view begin = "some avg10=";
    if (!text.starts_with(begin)) return std::nullopt;
    text.remove_prefix(begin.size());
    double share = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (error != std::errc{}) return std::nullopt;
    return share;
}

}  // namespace

CgroupUsage CgroupParent::usage(const std::string& name) const {
    CgroupUsage usage;
    const auto read = [&](const char* file) { return read_cgroup_file(fd_.get(), name + file); };
    const auto number = [&](const char* file) -> std::optional<std::uint64_t> {
        const auto text = read(file);
        return text ? parse_cgroup_number<std::uint64_t>(*text) : std::nullopt;
    };
    usage.memory_bytes = number("/memory.current");
    usage.tasks = number("/pids.current");
    usage.cpu_us = cpu_us(name);
    if (usage.memory_bytes) {
        usage.memory_peak = number("/memory.peak");
        usage.swap_bytes = number("/memory.swap.current");
    }
    const auto pressure = [&](const char* file) -> std::optional<double> {
        const auto text = read(file);
        return text ? pressure_of(*text) : std::nullopt;
    };
    usage.cpu_pressure = pressure("/cpu.pressure");
    usage.memory_pressure = pressure("/memory.pressure");
    usage.io_pressure = pressure("/io.pressure");
    return usage;
}

std::optional<std::uint64_t> CgroupParent::cpu_us(const std::string& name) const {
    const auto text = read_cgroup_file(fd_.get(), name + "/cpu.stat");
    return text ? cgroup_value(*text, "usage_usec") : std::nullopt;
}

std::optional<std::uint64_t> CgroupParent::oom_kills(const std::string& name) const {
    const auto text = read_cgroup_file(fd_.get(), name + "/memory.events");
    return text ? cgroup_value(*text, "oom_kill") : std::nullopt;
}

std::vector<CgroupParent::Refused> CgroupParent::enable_controllers() const {
    std::vector<Refused> refused;
    const auto available = read_cgroup_file(fd_.get(), "cgroup.controllers");
    const auto words = available ? words_of(*available) : std::vector<std::string>{};
    const auto present = controllers();
    // One by one: that one cannot be had is no reason to do without the others.
    for (const std::string_view name : wanted) {
        if (std::ranges::find(present, name) != present.end()) continue;
        if (std::ranges::find(words, name) == words.end()) {
            refused.push_back(
                {std::string{name}, directory_ + " has no " + std::string{name} +
                                        " controller: whoever delegates it has to pass that on"});
            continue;
        }
        const auto done =
            write_cgroup_file(fd_.get(), "cgroup.subtree_control", "+" + std::string{name});
        if (!done) {
            refused.push_back({std::string{name}, "cannot enable the " + std::string{name} +
                                                      " controller in " + directory_ + ": " +
                                                      done.error().code.message()});
        }
    }
    return refused;
}

std::vector<std::string> CgroupParent::controllers() const {
    const auto text = read_cgroup_file(fd_.get(), "cgroup.subtree_control");
    return text ? words_of(*text) : std::vector<std::string>{};
}

Result<void> CgroupParent::write(const std::string& name, std::string_view file,
                                 std::string_view value) const {
    return write_cgroup_file(fd_.get(), name + "/" + std::string{file}, value);
}

Result<void> CgroupParent::freeze(const std::string& name, bool on) const {
    return write(name, "cgroup.freeze", on ? "1" : "0");
}

CgroupFreeze CgroupParent::frozen(const std::string& name) const {
    const auto asked = read_cgroup_file(fd_.get(), name + "/cgroup.freeze");
    if (!asked || !asked->starts_with('1')) return {};
    const auto events = read_cgroup_file(fd_.get(), name + "/cgroup.events");
    return {true, events && cgroup_value(*events, "frozen") == 1};
}

}  // namespace superd::os
