// No instance is started by its policy more often than that says: at most
// `limit` times within the window, and none of it counts that the operator, a
// dependency or a group asked for.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <deque>
#include <variant>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;
using core::State;

class Rate final : public Invariant {
public:
    explicit Rate(const Scene& scene) : Invariant{scene, "rate"} {}

    void told(const core::Event& event) override {
        const bool wish = std::holds_alternative<core::StartRequested>(event) ||
                          std::holds_alternative<core::StopRequested>(event) ||
                          std::holds_alternative<core::RestartRequested>(event) ||
                          std::holds_alternative<core::ResetRequested>(event) ||
                          std::holds_alternative<core::ScaleRequested>(event) ||
                          std::holds_alternative<core::RollRequested>(event) ||
                          std::holds_alternative<core::ScheduleRequested>(event);
        if (wish) forget(event);
    }
    void reloaded() override { retries_.clear(); }
    void superd_ended() override { retries_.clear(); }
    void begun_anew() override { retries_.clear(); }
    // What was decided and not written down is decided again.
    void supervisor_ended() override {
        for (const auto& [key, count] : fresh_) {
            auto& times = retries_[key];
            for (std::uint32_t i = 0; i < count && !times.empty(); ++i) times.pop_back();
        }
        fresh_.clear();
    }
    void settled() override { fresh_.clear(); }

    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const auto key = pack(scene_.key(change->instance));
        if (begins_anew(*change)) retries_.erase(key);
        const core::Instance* const i = scene_.system->find(change->instance);
        if (i == nullptr || change->to != i->state) return;
        const core::UnitSpec& spec = *scene_.unit(change->instance).spec;
        // Whenever one of its runs is due, what failed before is forgotten.
        if (spec.timer) return;
        const core::RestartRule& rule = spec.restart;
        if (rule.limit == 0 || i->state != State::backoff) return;
        // For want of memory: no fault of its own.
        if (i->reason == core::Reason::spawn_failed && !i->limited) return;
        auto& times = retries_[key];
        times.push_back(i->due);
        ++fresh_[key];
        if (times.size() <= rule.limit) return;
        const Instant first = times[times.size() - 1 - rule.limit];
        require(times.back() - first >= rule.window - 150ms,
                "it is tried more often than its limit", change->instance);
        if (times.size() > core::RestartRule::limit_max) times.pop_front();
    }

private:
    void forget(const core::Event& event) {
        std::visit(
            [&](const auto& e) {
                core::UnitId unit = 0;
                if constexpr (requires { e.instance; }) unit = e.instance.unit;
                if constexpr (requires { e.unit; }) unit = e.unit;
                if (scene_.system->find(unit) == nullptr) return;
                for (const core::UnitId id : reach(*scene_.system, unit)) {
                    const std::uint32_t number = scene_.key({id, 0}).unit;
                    std::erase_if(retries_,
                                  [&](const auto& each) { return each.first >> 32 == number; });
                }
            },
            event);
    }

    ByKey<std::deque<Instant>> retries_;  // When each was to be.
    ByKey<std::uint32_t> fresh_;          // So many of them in this turn.
};

}  // namespace

void add_rate(Scene& scene) { scene.add(std::make_unique<Rate>(scene)); }

}  // namespace superd::sim
