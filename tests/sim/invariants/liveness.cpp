// Whatever is wanted and can run does run, once faults have stopped and some time has passed.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

namespace superd::sim {
namespace {

using core::State;

class Liveness final : public Invariant {
public:
    explicit Liveness(const Scene& scene) : Invariant{scene, "liveness"} {}

    void at_rest() override {
        each_instance(
            scene_, [&](core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
                if (unit.spec->type == core::UnitType::group) return;
                if (!wanted(i) || scene_.stopping) {
                    return require(!has_process(scene_, id), "nobody wants it, and it runs", id);
                }
                const bool over = i.state == State::failed || i.state == State::completed ||
                                  i.state == State::inactive || sleeps(i);
                if (over) return;
                if (i.state == State::waiting) {
                    // dependents_heal.cpp has the rest.
                    return require(!may_start(scene_, unit), "it may start, and does not", id);
                }
                require(i.state == State::ready && has_process(scene_, id),
                        "it is wanted, can run, and does not", id);
                require(unit.beside.empty(), "one of its runs is never replaced", id);
            });
    }
};

}  // namespace

void add_liveness(Scene& scene) { scene.add(std::make_unique<Liveness>(scene)); }

}  // namespace superd::sim
