// 1. Never two live main processes of one instance.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

namespace superd::sim {
namespace {

class OneProcess final : public Invariant {
public:
    explicit OneProcess(const Scene& scene) : Invariant{scene, "1 one process"} {}

    void cloning(core::InstanceId id, RunId run) override {
        require(run > last_run_, "its run has a number that was used before", id);
        last_run_ = run;
        const Life* const life = scene_.machine.find(scene_.key(id));
        if (life == nullptr || life->run == 0) return;
        require(scene_.machine.kernel.living(life->run) == 0,
                "it is started while something of its earlier run lives", id);
    }
    // Who lives belongs to the present run of its instance.
    void at_rest() override {
        for (const Pid pid : scene_.machine.kernel.all()) {
            const Process& each = *scene_.machine.kernel.find(pid);
            if (each.zombie) continue;
            const Life* const life = scene_.machine.find(each.owner);
            if (life != nullptr && life->run == each.run) continue;
            fail("process " + std::to_string(pid) + " of " + to_string(each.owner) +
                 " is left over from run " + std::to_string(each.run));
        }
    }

private:
    RunId last_run_ = 0;
};

}  // namespace

void add_one_process(Scene& scene) { scene.add(std::make_unique<OneProcess>(scene)); }

}  // namespace superd::sim
