// What a service has said once is known from then on, whoever dies when: none ends for not having
// become ready that has said so, and was heard.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <unordered_set>
#include <variant>

namespace superd::sim {
namespace {

class Heard final : public Invariant {
public:
    explicit Heard(const Scene& scene) : Invariant{scene, "heard"} {}

    void taken(const Notice& notice) override {
        const Process* const speaker = scene_.machine.kernel.find(notice.pid);
        if (notice.what != Notice::What::ready || speaker == nullptr) return;
        const RunId run = speaker->run;
        each_instance(scene_, [&](core::InstanceId, const core::Unit&, const core::Instance& i) {
            if (i.run == run && i.state == core::State::ready) ready_.insert(run);
        });
    }
    void asked(const core::Effect& effect) override {
        const auto* const crashed = std::get_if<core::Crashed>(&effect);
        if (crashed == nullptr || crashed->reason != core::Reason::ready_timeout) return;
        require(!ready_.contains(crashed->run), "it has said that it is ready, and nobody knows",
                crashed->instance);
    }

private:
    std::unordered_set<RunId> ready_;
};

}  // namespace

void add_heard(Scene& scene) { scene.add(std::make_unique<Heard>(scene)); }

}  // namespace superd::sim
