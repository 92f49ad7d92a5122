// Who stands still is left alone: nothing is expected of it, it is not ended but by the operator or
// for another's sake, and it is let go before it is told to end. No process is ever made in a group
// that stands still, for it would never begin.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <unordered_set>
#include <variant>

namespace superd::sim {
namespace {

class Frozen final : public Invariant {
public:
    explicit Frozen(const Scene& scene) : Invariant{scene, "frozen"} {}

    void told(const core::Event& event) override {
        let_go_.clear();
        thawed_ = std::holds_alternative<core::FreezeRequested>(event) ||
                  std::holds_alternative<core::FreezeTold>(event);
        resized_ = std::holds_alternative<core::Autoscaled>(event) ||
                   std::holds_alternative<core::FellIdle>(event);
    }
    void asked(const core::Effect& effect) override {
        if (const auto* const f = std::get_if<core::SetFrozen>(&effect)) {
            if (!f->on && !thawed_) let_go_.insert(f->run);
        } else if (const auto* const e = std::get_if<core::Changed>(&effect)) {
            const core::Instance* const i = scene_.system->find(e->instance);
            const bool ends = i != nullptr && i->state == core::State::stopping &&
                              e->to == i->state && let_go_.contains(i->run);
            require(!ends || !by_itself(*i),
                    "it stands still, and superd ends it of its own accord", e->instance);
        } else if (const auto* const s = std::get_if<core::Signal>(&effect)) {
            const bool sees = s->number == SIGKILL || !scene_.machine.kernel.frozen(s->run);
            require(sees, "it is told to end, and stands still", s->instance);
        } else if (const auto* const c = std::get_if<core::Crashed>(&effect)) {
            const bool blamed = c->reason == core::Reason::check_failed ||
                                c->reason == core::Reason::watchdog ||
                                c->reason == core::Reason::ready_timeout;
            require(!blamed || !still(c->run), "it has failed by standing still", c->instance);
        }
    }
    void cloning(core::InstanceId id, RunId run) override {
        auto& runs = runs_[pack(scene_.key(id))];
        for (const RunId earlier : runs) {
            require(!still(earlier) || scene_.machine.kernel.living(earlier) != 0,
                    "it is started in a group that stands still", id);
        }
        std::erase_if(runs, [&](RunId each) { return scene_.machine.kernel.living(each) == 0; });
        runs.push_back(run);
    }
    // The kernel and the core say the same of each run that is not about to end.
    void settled() override {
        resized_ = false;  // Another configuration is no event, and may end what stands still.
        const core::Unit* const unit = scene_.system->find(next_);
        if (++next_ > highest) next_ = 1;
        if (unit == nullptr) return;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const core::Instance& i = unit->instances[index];
            const core::InstanceId id{unit->id, index};
            require(!core::held(i) || (core::alive(i) && i.state != core::State::stopping),
                    "it stands still, and does not run", id);
            const bool told = i.freeze != core::Freeze::asked && has_process(scene_, id);
            if (!told || !scene_.machine.grouped) continue;
            require(core::held(i) == still(i.run), "whether it stands still, superd does not know",
                    id);
        }
    }
    void at_rest() override {
        each_instance(scene_, [&](core::InstanceId id, const core::Unit&, const core::Instance& i) {
            require(!still(i.run) || !has_process(scene_, id),
                    "all were let go, and it stands still", id);
        });
    }

private:
    bool by_itself(const core::Instance& instance) const {
        using core::Reason;
        constexpr std::array never{Reason::idle,         Reason::stalled,    Reason::watchdog,
                                   Reason::check_failed, Reason::overstayed, Reason::check_stopped,
                                   Reason::ready_timeout};
        if (std::ranges::find(never, instance.reason) != never.end()) return true;
        if (instance.reason == Reason::removed) return resized_;
        const bool renewed =
            instance.reason == Reason::renewal || instance.reason == Reason::replaced;
        return renewed && instance.renewal && !core::is_roll(instance.renewal->kind);
    }
    bool still(RunId run) const { return scene_.machine.kernel.frozen(run); }

    ByKey<std::vector<RunId>> runs_;  // That may live.
    // In this step, and not because somebody wants them to go on.
    std::unordered_set<RunId> let_go_;
    bool thawed_ = false, resized_ = false;
    core::UnitId next_ = 1;
    static constexpr core::UnitId highest = 300;
};

}  // namespace

void add_frozen(Scene& scene) { scene.add(std::make_unique<Frozen>(scene)); }

}  // namespace superd::sim
