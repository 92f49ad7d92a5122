// 11. There is no circle of units that wait for each other. That a configuration
// with one is refused is config's part; here none comes to be by states.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <vector>

namespace superd::sim {
namespace {

class NoCircle final : public Invariant {
public:
    explicit NoCircle(const Scene& scene) : Invariant{scene, "11 no circle"} {}

    void at_rest() override {
        for (const core::Unit* const unit : scene_.system->units()) walk(*unit);
    }

private:
    void walk(const core::Unit& from) const {
        std::vector<core::UnitId> seen;
        for (const core::Unit* unit = &from; unit != nullptr;) {
            if (std::ranges::find(seen, unit->id) != seen.end()) {
                fail(from.spec->name + " waits in a circle with " + unit->spec->name);
            }
            seen.push_back(unit->id);
            const bool waits = std::ranges::any_of(unit->instances, [](const core::Instance& i) {
                return i.state == core::State::waiting;
            });
            const auto edge = waits ? scene_.system->blocker(*unit) : std::nullopt;
            unit = edge ? scene_.system->find(edge->unit) : nullptr;
        }
    }
};

}  // namespace

void add_no_circle(Scene& scene) { scene.add(std::make_unique<NoCircle>(scene)); }

}  // namespace superd::sim
