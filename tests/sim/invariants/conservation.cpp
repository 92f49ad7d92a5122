// Every command is answered once, or lost with the supervisor that was asked;
// and "done" is true.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

#include <algorithm>
#include <map>
#include <variant>

namespace superd::sim {
namespace {

class Conservation final : public Invariant {
public:
    explicit Conservation(const Scene& scene) : Invariant{scene, "conservation"} {}

    void commanded(const Command& command) override { open_.emplace(command.id, command); }
    void supervisor_ended() override { open_.clear(); }
    void superd_ended() override { open_.clear(); }

    void asked(const core::Effect& effect) override {
        const auto* const answer = std::get_if<core::Answer>(&effect);
        if (answer == nullptr) return;
        const auto found = open_.find(answer->command);
        if (found == open_.end()) {
            fail("command " + std::to_string(answer->command) + " is answered, and nobody waits");
        }
        const Command command = found->second;
        open_.erase(found);
        if (answer->outcome == core::Outcome::done) judge(command);
    }
    void at_rest() override {
        for (const auto& [number, command] : open_) {
            if (awaits_an_end(command)) continue;
            const std::uint32_t index = command.target.index;
            const core::InstanceId id{command.target.unit,
                                      index == core::all_instances ? 0 : index};
            fail("command " + std::to_string(number) + " on " + command.unit + " (" +
                 scene_.system->describe(id, scene_.now()) + ") is never answered");
        }
    }

private:
    // What was asked to start waits until something that runs, and is well, has come to its end.
    bool awaits_an_end(const Command& command) const {
        const bool up = command.kind != Command::Kind::stop && command.kind != Command::Kind::reset;
        const auto leaves = scene_.system->leaves(command.target.unit);
        return up && std::ranges::any_of(leaves, [this](core::UnitId leaf) {
                   return awaits_an_end(*scene_.system->find(leaf));
               });
    }
    bool awaits_an_end(const core::Unit& unit) const {
        const bool waits = std::ranges::any_of(unit.instances, [](const core::Instance& i) {
            return i.state == core::State::waiting;
        });
        if (!waits) return false;
        const auto around = with_groups(*scene_.system, unit);
        return std::ranges::any_of(around, [this](const core::Unit* each) {
            return std::ranges::any_of(each->edges,
                                       [this](const core::Edge& edge) { return is_end(edge); });
        });
    }
    bool is_end(const core::Edge& edge) const {
        const core::Unit* const other = scene_.system->find(edge.unit);
        if (other == nullptr || lets_start(scene_, edge)) return false;
        if (edge.when == core::When::completed && !is_lost(scene_, *other)) return true;
        const auto leaves = scene_.system->leaves(other->id);
        return std::ranges::any_of(leaves, [this](core::UnitId leaf) {
            return awaits_an_end(*scene_.system->find(leaf));
        });
    }

    void judge(const Command& command) const {
        const core::Unit* const unit = scene_.system->find(command.target.unit);
        if (unit == nullptr || unit->spec->type == core::UnitType::group) return;
        for (std::uint32_t index = 0; index < unit->instances.size(); ++index) {
            const bool all = command.target.index == core::all_instances;
            if (!all && command.target.index != index) continue;
            const core::Instance& i = unit->instances[index];
            const core::InstanceId id{unit->id, index};
            if (i.removed) continue;
            const bool lives = scene_.machine.kernel.living(i.run) != 0;
            if (command.kind == Command::Kind::stop) {
                require(!lives, "its stop is told to be done, and it lives", id);
            }
            const bool up =
                command.kind == Command::Kind::start || command.kind == Command::Kind::restart;
            const bool done = has_process(scene_, id) || i.state == core::State::completed ||
                              i.state == core::State::inactive || sleeps(i);
            require(!up || done, "its start is told to be done, and it does not run", id);
        }
    }

    std::map<core::CommandId, Command> open_;
};

}  // namespace

void add_conservation(Scene& scene) { scene.add(std::make_unique<Conservation>(scene)); }

}  // namespace superd::sim
