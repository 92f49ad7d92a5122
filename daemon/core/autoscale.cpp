#include "core/autoscale.hpp"

#include <algorithm>

namespace superd::core {

std::uint32_t Autoscaler::decide(const ScaleRule& rule, std::uint32_t count, const Load& load,
                                 Instant now) {
    const std::uint32_t least = std::max(rule.min, 1u), most = std::max(rule.max, least);
    if (count < least || count > most) {
        pressed_since_ = quiet_since_ = Instant{};
        return std::clamp(count, least, most);
    }
    // Those that were added last are to come up before more are asked for.
    const bool settled = load.coming == 0;
    const bool pressed = load.waiting > 0 || load.utilisation > busy_above;
    if (!pressed) {
        pressed_since_ = Instant{};
    } else if (pressed_since_ == Instant{}) {
        pressed_since_ = now;
    }
    const std::uint32_t needed = std::clamp(load.busy + rule.spare, least, most);
    std::uint32_t target = std::max(count, needed);
    if (settled && pressed && now - pressed_since_ >= patience) {
        target = std::max(target, std::min(count + std::max(count / 2, 1u), most));
        pressed_since_ = now;
    }
    if (!settled) target = count;
    if (target > count || pressed || needed >= count) {
        quiet_since_ = Instant{};
        return target;
    }
    if (quiet_since_ == Instant{}) {
        quiet_since_ = now;
        needed_ = 0;
    }
    needed_ = std::max(needed_, needed);
    if (now - quiet_since_ < rule.idle_timeout) return count;
    quiet_since_ = Instant{};
    return needed_;
}

}  // namespace superd::core
