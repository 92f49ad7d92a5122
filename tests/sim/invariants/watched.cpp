// Somebody looks after each instance: whatever has to come to an end has a timer, and what is
// ready is asked by its checks, no longer and no shorter than it is.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <variant>

namespace superd::sim {
namespace {

using core::State;

class Watched final : public Invariant {
public:
    explicit Watched(const Scene& scene) : Invariant{scene, "watched"} {}

    void told(const core::Event& event) override {
        const auto* const fired = std::get_if<core::TimerFired>(&event);
        if (fired == nullptr) return;
        const auto found = armed_.find(place(fired->instance));
        if (found != armed_.end() && found->second == fired->timer) armed_.erase(found);
    }
    void asked(const core::Effect& effect) override {
        if (const auto* const a = std::get_if<core::ArmTimer>(&effect)) {
            armed_[place(a->instance)] = a->timer;
        } else if (const auto* const d = std::get_if<core::DisarmTimer>(&effect)) {
            armed_.erase(place(d->instance));
        } else if (const auto* const f = std::get_if<core::Forget>(&effect)) {
            armed_.erase(place(f->instance));
        } else if (const auto* const begun = std::get_if<core::StartChecks>(&effect)) {
            checked_.insert(begun->run);
        } else if (const auto* const ended = std::get_if<core::StopChecks>(&effect)) {
            require(checked_.erase(ended->run) == 1, "checks of it are ended that never began",
                    ended->instance);
        }
    }
    void supervisor_ended() override {
        armed_.clear();
        checked_.clear();
    }
    void superd_ended() override { supervisor_ended(); }

    // One unit each time: they all have their turn.
    void settled() override {
        const core::Unit* const unit = scene_.system->find(next_);
        if (++next_ > highest) next_ = 1;
        if (unit == nullptr) return;
        if (unit->spec->type == core::UnitType::group) return look_at_group(*unit);
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            look({unit->id, index}, *unit, unit->instances[index]);
        }
        for (const auto& [number, second] : unit->beside) {
            look(core::beside({unit->id, number}), *unit, second);
        }
    }

private:
    static std::uint64_t place(core::InstanceId id) {
        return std::uint64_t{id.unit} << 32 | id.index;
    }

    void look(core::InstanceId id, const core::Unit& unit, const core::Instance& i) const {
        const bool unwanted = i.goal == core::Goal::down && !core::is_beside(id);
        const bool at_rest =
            i.state != State::backoff && i.state != State::waiting && i.state != State::failed;
        require(!i.dormant || unit.spec->on_demand, "it sleeps, and no connection will wake it",
                id);
        require(!unwanted || at_rest, "nobody wants it, and it is not at rest", id);
        const bool timed = armed_.contains(place(id));
        const bool sent = i.state == State::stopping && !i.leader_gone && i.pid != 0;
        const bool awaited = i.reason == core::Reason::awaiting_ready && !core::held(i);
        const bool bound =
            i.state == State::backoff || sent || i.hook != core::Hook::none || awaited;
        require(!bound || timed, "nothing will end this", id);
        const bool ready = i.state == State::ready && !core::held(i);
        const bool ending = i.announced == core::Announced::stopping;
        require(!(ready && ending) || timed, "it says that it stops, and nothing will end it", id);
        const bool asked = ready && !ending && !unit.spec->checks.empty();
        require(asked == checked_.contains(i.run), "its checks do not run as long as it is ready",
                id);
        const bool pings = ready && !ending && unit.spec->watchdog.every.count() > 0;
        require(!pings || (timed && i.health && i.health->watchdog_due != Instant{}),
                "nobody waits for its pings", id);
    }
    // One that has come to an end of its own has taken its members along.
    void look_at_group(const core::Unit& group) const {
        const core::Instance& self = group.instances.front();
        const bool over =
            self.reason == core::Reason::group_limit || self.reason == core::Reason::significant;
        if (!over || self.state == State::stopping || !wanted(self)) return;
        for (const core::UnitId leaf : scene_.system->leaves(group.id)) {
            require(!core::any_alive(*scene_.system->find(leaf)),
                    "its group has ended, and it lives", {leaf, 0});
        }
    }

    std::unordered_map<std::uint64_t, std::uint32_t> armed_;  // Generation by place.
    std::unordered_set<RunId> checked_;
    core::UnitId next_ = 1;
    static constexpr core::UnitId highest = 300;
};

}  // namespace

void add_watched(Scene& scene) { scene.add(std::make_unique<Watched>(scene)); }

}  // namespace superd::sim
