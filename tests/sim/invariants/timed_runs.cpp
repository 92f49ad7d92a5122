// Whoever runs at set times is waited for, whatever has happened, and no longer than its rule says.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <variant>

namespace superd::sim {
namespace {

class TimedRuns final : public Invariant {
public:
    explicit TimedRuns(const Scene& scene) : Invariant{scene, "timed runs"} {}

    void told(const core::Event& event) override {
        if (std::holds_alternative<core::ScheduleDue>(event)) armed_ = {};
    }
    void asked(const core::Effect& effect) override {
        if (const auto* const e = std::get_if<core::ArmSchedule>(&effect)) armed_ = e->at;
    }
    void supervisor_ended() override { armed_ = {}; }

    // One unit each time: they all have their turn.
    void settled() override {
        const core::Unit* const unit = scene_.system->find(next_);
        if (++next_ > highest) next_ = 1;
        if (unit == nullptr || unit->spec->timer == nullptr) return;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            look({unit->id, index}, *unit, unit->instances[index]);
        }
    }

private:
    void look(core::InstanceId id, const core::Unit& unit, const core::Instance& i) const {
        if (!scene_.system->on_schedule(unit, i)) {
            const bool planned =
                i.goal == core::Goal::down && i.schedule && i.schedule->next != Instant{};
            return require(!planned, "it is stopped, and a run of it is planned", id);
        }
        if (scene_.system->shutting_down()) return;
        const core::TimerRule& rule = *unit.spec->timer;
        require(i.schedule && i.schedule->next != Instant{}, "it is never due", id);
        require(armed_ != Instant{} && armed_ <= i.schedule->next, "nobody waits for its next run",
                id);
        require(
            rule.every.count() == 0 || i.schedule->next <= scene_.now() + rule.every + rule.jitter,
            "its next run is later than its rule says", id);
        require(rule.overlap == core::Overlap::queue || !i.schedule->queued,
                "a run of it waits, which its rule forbids", id);
    }

    Instant armed_{};
    core::UnitId next_ = 1;
    static constexpr core::UnitId highest = 300;
};

}  // namespace

void add_timed_runs(Scene& scene) { scene.add(std::make_unique<TimedRuns>(scene)); }

}  // namespace superd::sim
