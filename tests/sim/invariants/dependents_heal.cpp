// 5. Dependents heal themselves: what was stopped or held because of a
// dependency comes up when that is back, if it is still wanted.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

namespace superd::sim {
namespace {

class DependentsHeal final : public Invariant {
public:
    explicit DependentsHeal(const Scene& scene) : Invariant{scene, "5 dependents heal"} {}

    // Nobody waits for what is there.
    void at_rest() override {
        if (scene_.stopping) return;
        each_instance(scene_, [&](core::InstanceId id, const core::Unit& unit,
                                  const core::Instance& instance) {
            if (unit.spec->type == core::UnitType::group || !wanted(instance)) return;
            if (sleeps(instance)) return;
            const bool held = instance.state == core::State::waiting ||
                              (instance.state == core::State::inactive &&
                               instance.reason == core::Reason::dependency);
            require(!held || !may_start(scene_, unit), "what it waits for is there", id);
        });
    }
};

}  // namespace

void add_dependents_heal(Scene& scene) { scene.add(std::make_unique<DependentsHeal>(scene)); }

}  // namespace superd::sim
