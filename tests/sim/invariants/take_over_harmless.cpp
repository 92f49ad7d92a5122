// 14. Effects are idempotent: that a supervisor died and another one repeated
// what it may not have come to do, no service notices.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

namespace superd::sim {
namespace {

class TakeOverHarmless final : public Invariant {
public:
    explicit TakeOverHarmless(const Scene& scene) : Invariant{scene, "14 take-over is harmless"} {}

    void supervisor_ended() override {
        ready_.clear();
        if (scene_.system == nullptr) return;
        each_instance(
            scene_, [&](core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
                if (unit.spec->type == core::UnitType::group || i.state != core::State::ready)
                    return;
                const Life* const life = scene_.life(id);
                if (life == nullptr || life->run != i.run || life->pid != i.pid) return;
                ready_.emplace(pack(scene_.key(id)), i.run);
            });
    }
    // Whoever ran and lives is known by its run, and by its process.
    void took_over() override {
        each_instance(
            scene_, [&](core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
                const auto before = ready_.find(pack(scene_.key(id)));
                if (before == ready_.end() || unit.spec->type == core::UnitType::group) return;
                const Life& life = *scene_.machine.find(before->second);
                if (life.has_ended) return;
                const core::Instance* known = &i;
                if (i.run != life.run) known = scene_.system->find(core::beside(id));
                require(known != nullptr && known->run == life.run && core::alive(*known),
                        "it runs, and the next supervisor does not know its run", id);
                require(known->pid == life.pid || known->leader_gone,
                        "it runs, and the next supervisor takes another process for it", id);
            });
        ready_.clear();
    }

private:
    ByKey<RunId> ready_;
};

}  // namespace

void add_take_over_harmless(Scene& scene) { scene.add(std::make_unique<TakeOverHarmless>(scene)); }

}  // namespace superd::sim
