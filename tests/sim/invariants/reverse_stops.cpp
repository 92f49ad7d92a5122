// 7. Stops go in reverse order and wait; a stop is over only when no process of
// the tree is left.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>

namespace superd::sim {
namespace {

using core::Reason;
using core::State;

class ReverseStops final : public Invariant {
public:
    explicit ReverseStops(const Scene& scene) : Invariant{scene, "7 reverse stops"} {}

    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const core::Unit* const found = scene_.system->find(change->instance.unit);
        const core::Instance* const changed = scene_.system->find(change->instance);
        if (found == nullptr || changed == nullptr) return;
        const core::Unit& unit = *found;
        const core::Instance& i = *changed;
        if (unit.spec->type == core::UnitType::group || i.run == 0) return;
        if (change->from == State::stopping) {
            require(scene_.machine.kernel.living(i.run) == 0,
                    "its stop is over, and something of its tree lives", change->instance);
        }
        const bool ends = change->to == State::stopping && i.state == State::stopping;
        // Without a process it is of no use to anybody.
        const bool waits = has_process(scene_, change->instance) &&
                           waits_for_dependents(i.reason) && !core::is_beside(change->instance);
        if (ends && waits) wait(unit, change->instance);
    }
    void superd_ended() override {
        if (scene_.machine.kernel.living() != 0) fail("superd has stopped, and a process lives");
    }

private:
    static bool waits_for_dependents(Reason reason) {
        return reason == Reason::stopped || reason == Reason::shutdown ||
               reason == Reason::dependency;
    }
    void wait(const core::Unit& unit, core::InstanceId id) const {
        // Of several instances one may go when others stay.
        const bool stays = !scene_.system->shutting_down() &&
                           std::ranges::any_of(unit.instances, wanted) && !is_lost(scene_, unit);
        if (stays) return;
        for (const core::Unit* const each : with_groups(*scene_.system, unit)) {
            // A group may go on without one of its members.
            if (each != &unit && !is_lost(scene_, *each)) continue;
            for (const core::UnitId dependent : each->dependents) {
                const core::Unit* const other = scene_.system->find(dependent);
                if (other == nullptr || !needs(*other, each->id)) continue;
                for (std::uint32_t index = 0; index < other->instances.size(); ++index) {
                    if (other->spec->type == core::UnitType::group) continue;
                    const std::string text =
                        "it is to end before what needs it, " + scene_.name({dependent, index});
                    require(!has_process(scene_, {dependent, index}), text.c_str(), id);
                }
            }
        }
    }
    static bool needs(const core::Unit& unit, core::UnitId other) {
        return std::ranges::any_of(unit.edges, [&](const core::Edge& edge) {
            return edge.unit == other && edge.kind == core::DependencyKind::needs;
        });
    }
};

}  // namespace

void add_reverse_stops(Scene& scene) { scene.add(std::make_unique<ReverseStops>(scene)); }

}  // namespace superd::sim
