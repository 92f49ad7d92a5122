// 10. Nothing waits for ever: every start and stop has a deadline, and every wait is visible.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <numeric>
#include <variant>

namespace superd::sim {
namespace {

using namespace std::chrono_literals;
using core::State;

class NothingWaits final : public Invariant {
public:
    explicit NothingWaits(const Scene& scene) : Invariant{scene, "10 nothing waits for ever"} {}

    // One unit each time: they all have their turn.
    void settled() override {
        const auto size = scene_.system->size();
        if (size == 0) return;
        const core::Unit* const unit = next_unit();
        if (unit == nullptr || unit->spec->type == core::UnitType::group) return;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            look({unit->id, index}, *unit, unit->instances[index]);
        }
    }
    // Who is let go has its whole time again.
    void asked(const core::Effect& effect) override {
        const auto* const let_go = std::get_if<core::SetFrozen>(&effect);
        if (let_go != nullptr && !let_go->on) waits_.erase(pack(scene_.key(let_go->instance)));
    }
    // The next one gives a service that comes up its whole time again.
    void supervisor_ended() override {
        next_ = 0;
        waits_.clear();
    }

private:
    const core::Unit* next_unit() {
        for (core::UnitId tries = 0; tries < 64; ++tries) {
            if (++next_ > highest_) next_ = 1;
            const core::Unit* const unit = scene_.system->find(next_);
            if (unit == nullptr) continue;
            return unit;
        }
        return nullptr;
    }
    void look(core::InstanceId id, const core::Unit& unit, const core::Instance& i) {
        if (i.state == State::waiting || i.state == State::backoff) {
            require(!scene_.system->describe(id, scene_.now()).empty(),
                    "it does not say why it waits", id);
        }
        const bool bound =
            i.state == State::stopping ||
            (i.state == State::starting && unit.spec->awaits_ready && !core::held(i));
        Wait& wait = waits_[pack(scene_.key(id))];
        if (!bound || wait.run != i.run || wait.state != i.state) {
            wait = {i.run, i.state, scene_.now(), scene_.away};
            return;
        }
        const Duration here = scene_.now() - wait.since - (scene_.away - wait.away);
        const core::UnitSpec& spec = *unit.spec;
        Duration most = 2 * spec.extend_max + 30s;  // Hooks and draining, too.
        if (i.state == State::starting) {
            most += spec.ready_timeout;
        } else {
            for (const core::StopStep& step : spec.stop) most += 2 * step.patience;
        }
        require(here <= most, "it is past every deadline", id);
    }

    struct Wait {
        RunId run = 0;
        State state{};
        Instant since{};
        Duration away{};
    };
    ByKey<Wait> waits_;
    core::UnitId next_ = 0;
    static constexpr core::UnitId highest_ = 300;
};

}  // namespace

void add_nothing_waits(Scene& scene) { scene.add(std::make_unique<NothingWaits>(scene)); }

}  // namespace superd::sim
