// How [limits] of two configurations differ.
#include "config/changed_keys.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace superd::config {

void compare_limits(const Unit& before, const Unit& after, Keys& keys) {
    static const Limits none;
    const Limits& a = before.limits ? *before.limits : none;
    const Limits& b = after.limits ? *after.limits : none;
    keys.compare("limits.memory-max", a.memory_max, b.memory_max);
    keys.compare("limits.memory-high", a.memory_high, b.memory_high);
    keys.compare("limits.swap-max", a.swap_max, b.swap_max);
    keys.compare("limits.cpu", a.cpu_us, b.cpu_us);
    constexpr std::uint64_t usual_weight = 100;  // The kernel's own.
    keys.compare("limits.cpu-weight", a.cpu_weight.value_or(usual_weight),
                 b.cpu_weight.value_or(usual_weight));
    keys.compare("limits.pids", a.pids, b.pids);
    keys.compare("limits.io-weight", a.io_weight.value_or(usual_weight),
                 b.io_weight.value_or(usual_weight));
    keys.compare("limits.oom-policy", a.oom_policy, b.oom_policy);
    keys.compare("limits.oom-score-adjust", a.oom_score_adjust, b.oom_score_adjust);
    for (const ProcessLimitKey& key : process_limits) {
        const auto value = [&](const Limits& limits) {
            const auto found =
                std::ranges::find(limits.process, key.resource, &ProcessLimit::resource);
            return found == limits.process.end() ? std::nullopt : std::optional{found->value};
        };
        keys.compare(key.path, value(a), value(b));
    }
}

}  // namespace superd::config
