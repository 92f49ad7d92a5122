// 6. A restart of a dependency within its policy leaves `needs` dependents
// running: they end for its sake only when it will not come back by itself. And
// nothing starts before what it needs has come as far as it asks.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>

namespace superd::sim {
namespace {

class SmoothRecovery final : public Invariant {
public:
    explicit SmoothRecovery(const Scene& scene) : Invariant{scene, "6 smooth recovery"} {}

    void asked(const core::Effect& effect) override {
        const auto* const change = std::get_if<core::Changed>(&effect);
        if (change == nullptr || change->from == change->to) return;
        const core::Instance* const found = scene_.system->find(change->instance);
        if (found == nullptr) return;
        const core::Unit& unit = scene_.unit(change->instance);
        const core::Instance& i = *found;
        if (unit.spec->type == core::UnitType::group || i.state != change->to) return;
        const bool ends = change->to == core::State::stopping;
        if (ends && i.reason == core::Reason::dependency) {
            require(needs_what_is_lost(unit), "it is ended, and all that it needs comes back",
                    change->instance);
        }
        // One that is to replace another is there for those who need that.
        const bool starts =
            !core::is_beside(change->instance) && change->to == core::State::starting &&
            (i.reason == core::Reason::spawning || i.reason == core::Reason::pre_start);
        if (starts && !may_start(scene_, unit)) {
            const std::string text = "what it waits for is not there:" + edges(unit);
            require(false, text.c_str(), change->instance);
        }
    }

private:
    // " u3 (ready), u4 (failed)"
    std::string edges(const core::Unit& unit) const {
        std::string text;
        for (const core::Unit* const each : with_groups(*scene_.system, unit)) {
            for (const core::Edge& edge : each->edges) {
                const core::Unit* const other = scene_.system->find(edge.unit);
                if (other == nullptr || lets_start(scene_, edge)) continue;
                text += " " + other->spec->name + " (" +
                        std::string{core::to_string(other->instances.front().state)} + ", kind " +
                        std::to_string(static_cast<int>(edge.kind)) + " when " +
                        std::to_string(static_cast<int>(edge.when)) + ")";
            }
        }
        return text;
    }
    bool needs_what_is_lost(const core::Unit& unit) const {
        return std::ranges::any_of(with_groups(*scene_.system, unit), [&](const core::Unit* each) {
            return std::ranges::any_of(each->edges, [&](const core::Edge& edge) {
                const core::Unit* const other = scene_.system->find(edge.unit);
                return edge.kind == core::DependencyKind::needs && other != nullptr &&
                       is_lost(scene_, *other);
            });
        });
    }
};

}  // namespace

void add_smooth_recovery(Scene& scene) { scene.add(std::make_unique<SmoothRecovery>(scene)); }

}  // namespace superd::sim
