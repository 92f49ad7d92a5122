// 1. Never two live main processes of one instance.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

namespace superd::sim {
namespace {

class OneProcess final : public Invariant {
public:
    explicit OneProcess(const Scene& scene) : Invariant{scene, "1 one process"} {}

    void cloning(core::InstanceId id, RunId run) override {
        require(used_.insert(run).second, "its run has a number that was used before", id);
        // While a run is replaced there may be two, and no more.
        const bool replaces = scene_.unit(id).beside.contains(core::number_of(id));
        auto& runs = runs_[pack(scene_.key(id))];
        std::erase_if(runs, [&](RunId each) { return scene_.machine.kernel.living(each) == 0; });
        require(runs.size() <= (replaces ? 1u : 0u),
                "it is started while something of its earlier run lives", id);
        runs.push_back(run);
    }
    // Who lives belongs to the present run of its instance.
    void at_rest() override {
        std::unordered_set<RunId> present;
        each_instance(scene_, [&](core::InstanceId, const core::Unit&, const core::Instance& i) {
            present.insert(i.run);
        });
        for (const Pid pid : scene_.machine.kernel.all()) {
            const Process& each = *scene_.machine.kernel.find(pid);
            if (each.zombie) continue;
            if (present.contains(each.run)) continue;
            fail("process " + std::to_string(pid) + " of " + to_string(each.owner) +
                 " is left over from run " + std::to_string(each.run));
        }
    }

private:
    std::unordered_set<RunId> used_;
    ByKey<std::vector<RunId>> runs_;  // That may live.
};

}  // namespace

void add_one_process(Scene& scene) { scene.add(std::make_unique<OneProcess>(scene)); }

}  // namespace superd::sim
