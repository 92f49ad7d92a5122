// 12. A reload applies exactly the difference: who stays in the configuration
// keeps its pid, unless what it depends on has left; a change of the number of
// instances touches only those that are added or removed.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>

namespace superd::sim {
namespace {

using core::Reason;

class ExactReload final : public Invariant {
public:
    explicit ExactReload(const Scene& scene) : Invariant{scene, "12 exact reload"} {}

    void reloading() override {
        during_ = true;
        present_.clear();
        each_instance(scene_, [&](core::InstanceId id, const core::Unit&, const core::Instance& i) {
            if (i.removed || !wanted(i)) return;
            if (i.state != core::State::ready && i.state != core::State::starting) return;
            present_.emplace(pack(scene_.key(id)), i.run);
        });
    }
    void supervisor_ended() override { during_ = false; }
    void reloaded() override {
        during_ = false;
        each_instance(scene_,
                      [&](core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
                          const auto before = present_.find(pack(scene_.key(id)));
                          if (before == present_.end() || unit.spec->type == core::UnitType::group)
                              return;
                          require(i.run == before->second, "a reload has given it another run", id);
                      });
    }
    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->to != core::State::stopping) return;
        const core::Instance* const found = scene_.system->find(change->instance);
        if (found == nullptr) return;
        const core::Unit& unit = scene_.unit(change->instance);
        const core::Instance& i = *found;
        if (unit.spec->type == core::UnitType::group || i.state != core::State::stopping) return;
        if (i.reason == Reason::removed) {
            const auto& accepted = scene_.machine.disk.accepted;
            const bool stays = !unit.removed && !i.removed &&
                               present_.contains(pack(scene_.key(change->instance))) &&
                               std::ranges::find(accepted, unit.spec) != accepted.end() &&
                               change->instance.index < core::wanted_instances(unit);
            require(!stays || !during_, "it stays in the configuration, and is ended",
                    change->instance);
        }
        if (!during_ || change->from == core::State::stopping) return;
        // The next one of a roll that is under way may have its turn.
        const bool is_next = i.reason == Reason::renewal || core::is_beside(change->instance);
        const bool has_to = is_next || i.reason == Reason::removed ||
                            i.reason == Reason::dependency || i.reason == Reason::group ||
                            i.reason == Reason::shutdown || i.reason == Reason::stopped;
        require(has_to, "a reload ends it", change->instance);
    }

private:
    ByKey<RunId> present_;
    bool during_ = false;
};

}  // namespace

void add_exact_reload(Scene& scene) { scene.add(std::make_unique<ExactReload>(scene)); }

}  // namespace superd::sim
