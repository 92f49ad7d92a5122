// 4. The operator's goal wins over automation: what was stopped is not started
// until somebody asks for it, and a wish that contradicts another takes its place.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <variant>
#include <vector>

namespace superd::sim {
namespace {

class OperatorWins final : public Invariant {
public:
    explicit OperatorWins(const Scene& scene) : Invariant{scene, "4 operator wins"} {}

    void told(const core::Event& event) override {
        if (const auto* const e = std::get_if<core::StopRequested>(&event)) {
            return stop(e->instance);
        }
        if (const auto* const s = std::get_if<core::StartRequested>(&event))
            start(s->instance.unit);
        if (const auto* const r = std::get_if<core::RestartRequested>(&event)) {
            start(r->instance.unit);
        }
        if (const auto* const c = std::get_if<core::ScaleRequested>(&event)) start(c->unit);
        if (const auto* const w = std::get_if<core::RollRequested>(&event)) start(w->instance.unit);
        if (const auto* const t = std::get_if<core::ScheduleRequested>(&event); t && t->on) {
            start(t->unit);
        }
        // What it adds nobody has stopped.
        if (const auto* const a = std::get_if<core::Autoscaled>(&event)) start(a->unit);
    }
    // New edges and new units pull others up.
    void reloading() override { forget(); }
    void cloning(core::InstanceId id, RunId) override {
        const auto key = pack(scene_.key(id));
        require(!stopped_.contains(key) || std::ranges::find(fresh_, key) != fresh_.end(),
                "it is started, and the operator has stopped it", id);
    }
    void commanded(const Command& command) override {
        if (command.kind == Command::Kind::stop) latest_ = command;
        open_.push_back(command);
    }
    void asked(const core::Effect& effect) override {
        if (const auto* const a = std::get_if<core::Answer>(&effect)) {
            std::erase_if(open_, [&](const Command& each) { return each.id == a->command; });
        }
    }
    // From now on the next supervisor knows as well.
    void settled() override {
        fresh_.clear();
        if (latest_.id == 0) return;
        for (const Command& each : open_) {
            const bool opposite =
                each.kind == Command::Kind::start || each.kind == Command::Kind::restart;
            const bool overlaps = each.target.index == latest_.target.index ||
                                  each.target.index == core::all_instances ||
                                  latest_.target.index == core::all_instances;
            if (!opposite || each.id > latest_.id || each.unit != latest_.unit || !overlaps)
                continue;
            fail("a stop of " + latest_.unit + " has taken the place of command " +
                 std::to_string(each.id) + ", and who waits for that is not told");
        }
        latest_ = {};
    }
    void supervisor_ended() override {
        for (const auto key : fresh_) stopped_.erase(key);
        fresh_.clear();
        open_.clear();
        latest_ = {};
    }
    void begun_anew() override { forget(); }
    void superd_ended() override { forget(); }

private:
    void stop(core::InstanceId target) {
        const core::Unit* const unit = scene_.system->find(target.unit);
        if (unit == nullptr) return;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const bool named = target.index == core::all_instances || target.index == index;
            if (!named || unit->instances[index].removed) continue;
            const auto key = pack(scene_.key({unit->id, index}));
            stopped_.insert(key);
            fresh_.push_back(key);
        }
        for (const core::UnitId member : unit->members) stop({member, core::all_instances});
    }
    void start(core::UnitId from) {
        if (scene_.system->find(from) == nullptr) return;
        for (const core::UnitId id : reach(*scene_.system, from)) {
            const std::uint32_t number = scene_.key({id, 0}).unit;
            std::erase_if(stopped_, [&](std::uint64_t key) { return key >> 32 == number; });
        }
    }
    void forget() {
        stopped_.clear();
        fresh_.clear();
    }

    Keys stopped_;
    std::vector<std::uint64_t> fresh_;  // Of them, those of this turn.
    std::vector<Command> open_;
    Command latest_;
};

}  // namespace

void add_operator_wins(Scene& scene) { scene.add(std::make_unique<OperatorWins>(scene)); }

}  // namespace superd::sim
