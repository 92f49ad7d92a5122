// 8. Back-off grows to its cap and resets after a stable run.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <variant>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;

class BackOff final : public Invariant {
public:
    explicit BackOff(const Scene& scene) : Invariant{scene, "8 back-off"} {}

    void told(const core::Event& event) override {
        const core::UnitId* unit = nullptr;
        if (const auto* const e = std::get_if<core::StartRequested>(&event))
            unit = &e->instance.unit;
        if (const auto* const e = std::get_if<core::StopRequested>(&event))
            unit = &e->instance.unit;
        if (const auto* const e = std::get_if<core::RestartRequested>(&event))
            unit = &e->instance.unit;
        if (const auto* const e = std::get_if<core::ResetRequested>(&event))
            unit = &e->instance.unit;
        if (const auto* const e = std::get_if<core::ScaleRequested>(&event)) unit = &e->unit;
        if (const auto* const e = std::get_if<core::RollRequested>(&event))
            unit = &e->instance.unit;
        if (const auto* const e = std::get_if<core::ScheduleRequested>(&event)) unit = &e->unit;
        if (const auto* const e = std::get_if<core::Autoscaled>(&event)) unit = &e->unit;
        if (unit == nullptr || scene_.system->find(*unit) == nullptr) return;
        for (const core::UnitId id : reach(*scene_.system, *unit)) {
            const std::uint32_t number = scene_.key({id, 0}).unit;
            std::erase_if(tries_, [&](const auto& each) { return each.first >> 32 == number; });
        }
    }
    void reloaded() override { tries_.clear(); }
    void supervisor_ended() override { tries_.clear(); }
    void superd_ended() override {
        tries_.clear();
        ready_.clear();
    }

    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const auto key = pack(scene_.key(change->instance));
        if (begins_anew(*change)) tries_.erase(key);
        const core::Instance* const found = scene_.system->find(change->instance);
        if (found == nullptr) return;
        const core::RestartRule& rule = scene_.unit(change->instance).spec->restart;
        if (change->to == core::State::ready) ready_.insert(found->run);
        // What the step has led to beyond this change has no exit of its own.
        const bool stable = was_stable(scene_.unit(change->instance), *found);
        const bool ran = found->last_exit && found->last_exit->run == found->run &&
                         found->reason != core::Reason::spawn_failed;
        if (change->from == core::State::stopping && stable) tries_.erase(key);
        if (change->to != core::State::backoff || found->state != change->to) return;
        // Whenever one of its runs is due, what failed before is forgotten.
        if (scene_.unit(change->instance).spec->timer) return;
        const Duration wait = found->due - scene_.now();
        const auto longest = static_cast<double>(rule.max_delay.count());
        // How often it was tried since is known only if the count began with a stable run.
        const auto known = tries_.find(key);
        const std::uint32_t tries = known == tries_.end() ? 0 : known->second;
        const auto first = static_cast<double>(rule.delay.count());
        const double grown = std::min(first * std::pow(rule.factor, tries), longest);
        if (!(ran && stable)) {
            require(static_cast<double>(wait.count()) >= grown * (1 - rule.jitter) - 1e3,
                    "it is to be tried again too soon", change->instance);
            ++tries_[key];
        } else {
            tries_.erase(key);
        }
        const double most = std::max(longest * (1 + rule.jitter), 1e8) + 1e6;
        require(found->limited || static_cast<double>(wait.count()) <= most,
                "it is to be tried again too late", change->instance);
        const Duration window = std::max(rule.window, Duration{0}) + 200ms;
        require(
            !found->limited || wait <= std::max(window, Duration{static_cast<Duration::rep>(most)}),
            "its limit's window is exceeded", change->instance);
    }

private:
    bool was_stable(const core::Unit& unit, const core::Instance& i) const {
        if (!i.last_exit || i.last_exit->uptime < unit.spec->restart.stable_after) return false;
        const bool its_last = i.last_exit->run == i.run;
        const bool ran = unit.spec->type == core::UnitType::oneshot && !(its_last && i.run_failed);
        const bool known = its_last && i.ready_at != Instant{};
        return ran || known || ready_.contains(i.last_exit->run);
    }

    std::unordered_set<RunId> ready_;  // They were, when a supervisor of this superd saw it.
    ByKey<std::uint32_t> tries_;
};

}  // namespace

void add_back_off(Scene& scene) { scene.add(std::make_unique<BackOff>(scene)); }

}  // namespace superd::sim
