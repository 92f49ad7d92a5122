// 3. Every exit is seen exactly once, however often the supervisor dies in between.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <variant>

namespace superd::sim {
namespace {

class ExitsOnce final : public Invariant {
public:
    explicit ExitsOnce(const Scene& scene) : Invariant{scene, "3 exits once"} {}

    void told(const core::Event& event) override {
        const auto* const e = std::get_if<core::MainChanged>(&event);
        if (e != nullptr) handed_over_.insert(e->run);
    }
    void journaled(RunId run, const core::ExitStatus& status) override {
        const std::string about = "the exit of run " + std::to_string(run);
        if (!seen_.insert(run).second) fail(about + " is in the journal twice");
        if (handed_over_.contains(run)) return;
        const Life* const life = scene_.machine.find(run);
        if (life == nullptr) return;
        if (!life->has_ended) fail(about + " is in the journal, and it lives");
        if (!status.unknown && !(status == life->status)) {
            fail(about + " is in the journal as " + core::describe(status) + ", and was " +
                 core::describe(life->status));
        }
    }
    void acknowledged(Pid pid) override {
        const Process& it = *scene_.machine.kernel.find(pid);
        const Life* const life = scene_.machine.find(it.run);
        const bool main =
            life != nullptr && life->pid == pid && life->birth == it.birth && !life->unstartable;
        if (main && !seen_.contains(it.run)) {
            fail("the end of " + to_string(it.owner) + " run " + std::to_string(it.run) +
                 " is acknowledged, and neither journal nor records know of it");
        }
    }
    void begun_anew() override {
        // All processes are gone with an earlier superd: nobody asks for their ends any more.
        const Machine& machine = scene_.machine;
        machine.each_life([this](const Life& life) {
            if (life.has_ended) seen_.insert(life.run);
        });
    }
    // What has ended is in the journal.
    void at_rest() override {
        scene_.machine.each_life([this](const Life& life) {
            if (!life.has_ended || life.unstartable || seen_.contains(life.run)) return;
            fail("the exit of " + to_string(life.owner) + " run " + std::to_string(life.run) +
                 " is lost");
        });
    }

private:
    std::unordered_set<RunId> seen_, handed_over_;
};

}  // namespace

void add_exits_once(Scene& scene) { scene.add(std::make_unique<ExitsOnce>(scene)); }

}  // namespace superd::sim
