#include "supervisor/limiter.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::array<std::string_view, 4> controllers{"memory", "cpu", "pids", "io"};
constexpr std::size_t named_max = 5;  // Units in one sentence.

std::string number_or_max(const std::optional<std::uint64_t>& value) {
    return value ? std::to_string(*value) : "max";
}

std::string number_or(const std::optional<std::uint64_t>& value, const char* otherwise) {
    return value ? std::to_string(*value) : otherwise;
}

// "memory-max and oom-policy"
std::string keys_of(const config::Limits& limits, std::string_view controller) {
    std::vector<std::string_view> keys;
    for (const ControlFile& each : control_files(limits)) {
        if (each.chosen && each.controller == controller) keys.push_back(each.key);
    }
    std::string text;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        text += i == 0 ? "" : i + 1 == keys.size() ? " and " : ", ";
        text += keys[i];
    }
    return text;
}

}  // namespace

std::vector<ControlFile> control_files(const config::Limits& limits) {
    const bool whole = limits.oom_policy == config::OomPolicy::kill_instance;
    const std::string quota = number_or_max(limits.cpu_us) + " 100000";
    return {
        {"memory-max", "memory", "memory.max", number_or_max(limits.memory_max),
         limits.memory_max.has_value()},
        {"memory-high", "memory", "memory.high", number_or_max(limits.memory_high),
         limits.memory_high.has_value()},
        {"swap-max", "memory", "memory.swap.max", number_or_max(limits.swap_max),
         limits.swap_max.has_value()},
        {"oom-policy", "memory", "memory.oom.group", whole ? "1" : "0", whole},
        {"cpu", "cpu", "cpu.max", quota, limits.cpu_us.has_value()},
        {"cpu-weight", "cpu", "cpu.weight", number_or(limits.cpu_weight, "100"),
         limits.cpu_weight.has_value()},
        {"pids", "pids", "pids.max", number_or_max(limits.pids), limits.pids.has_value()},
        {"io-weight", "io", "io.weight", "default " + number_or(limits.io_weight, "100"),
         limits.io_weight.has_value()},
    };
}

Result<void> Limiter::apply(const std::string& group, const config::Unit& unit, Written so_far) {
    static const config::Limits none;
    const auto found = applied_.find(group);
    const config::Limits* before = nullptr;  // Not known.
    if (so_far == Written::nobody) before = &none;
    if (so_far == Written::us && found != applied_.end()) before = found->second.get();
    const config::Limits& wanted = unit.limits ? *unit.limits : none;
    if (before == nullptr && so_far == Written::us && !unit.limits) return {};
    if (before != nullptr && *before == wanted) return {};
    const auto old = before != nullptr ? control_files(*before) : std::vector<ControlFile>{};
    const auto files = control_files(wanted);
    Result<void> result;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!has(files[i].controller)) continue;
        if (!old.empty() && old[i].value == files[i].value) continue;
        const auto written = groups_->parent().write(group, files[i].file, files[i].value);
        // A kernel without swap accounting, or a disk scheduler without weights, has no such file.
        if (written || (!files[i].chosen && written.error().code.value() == ENOENT)) continue;
        result = std::unexpected{Error{written.error().code,
                                       "set limits." + std::string{files[i].key} + " of " + group}};
    }
    applied_[group] = unit.limits ? unit.limits : std::make_shared<const config::Limits>();
    return result;
}

std::string Limiter::why_not(std::string_view controller) const {
    if (groups_ != nullptr) return groups_->why_not(controller);
    return "control groups are not used: " + why_;
}

std::vector<std::string> Limiter::notices(const config::Unit& unit) const {
    std::vector<std::string> sentences;
    if (!unit.limits) return sentences;
    for (const std::string_view controller : controllers) {
        const std::string keys = has(controller) ? "" : keys_of(*unit.limits, controller);
        if (keys.empty()) continue;
        const bool several = keys.contains(' ');
        std::string text = "limits." + keys + (several ? " do not hold: " : " does not hold: ") +
                           why_not(controller);
        if (controller == "memory" && stand_in(unit)) {
            text += "; each process may have as much private memory as memory-max says";
        }
        sentences.push_back(std::move(text));
    }
    return sentences;
}

std::string Limiter::warning(std::span<const std::shared_ptr<const config::Unit>> units) const {
    std::map<std::string, std::vector<std::string>> whose;  // Units by their keys.
    std::string_view missing;
    bool stood_in = false;
    for (const auto& unit : units) {
        stood_in = stood_in || stand_in(*unit);
        std::string all;
        for (const std::string_view controller : controllers) {
            if (!unit->limits || has(controller)) continue;
            const std::string keys = keys_of(*unit->limits, controller);
            if (keys.empty()) continue;
            all += (all.empty() ? "" : ", ") + keys;
            if (missing.empty()) missing = controller;
        }
        if (!all.empty()) whose[all].push_back(unit->spec.name);
    }
    if (whose.empty()) return {};
    std::string text = "cannot hold units to their [limits]:";
    for (const auto& [keys, names] : whose) {
        text += " " + keys + " of ";
        for (std::size_t i = 0; i < std::min(names.size(), named_max); ++i) {
            text += (i == 0 ? "" : ", ") + names[i];
        }
        if (names.size() > named_max) {
            text += " and " + std::to_string(names.size() - named_max) + " more";
        }
        text += ";";
    }
    text += " " + why_not(missing) + "; they run without";
    if (stood_in) text += ", memory-max as a limit of each process's private memory";
    return text;
}

std::string Limiter::news(std::span<const std::shared_ptr<const config::Unit>> units) {
    std::string text = warning(units);
    if (text == told_) return {};
    told_ = text;
    return text;
}

std::optional<os::ChildLimit> Limiter::stand_in(const config::Unit& unit) const {
    if (!unit.limits || !unit.limits->memory_max || has("memory")) return std::nullopt;
    const auto& own = unit.limits->process;
    if (std::ranges::find(own, RLIMIT_DATA, &config::ProcessLimit::resource) != own.end()) {
        return std::nullopt;
    }
    return os::ChildLimit{RLIMIT_DATA, *unit.limits->memory_max};
}

}  // namespace superd::supervisor
