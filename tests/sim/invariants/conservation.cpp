// Every command is answered once, or lost with the supervisor that was asked;
// and "done" is true.
#include "tests/sim/invariants/all.hpp"
#include "tests/sim/invariants/truth.hpp"

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
        if (open_.empty()) return;
        const Command& first = open_.begin()->second;
        fail("command " + std::to_string(first.id) + " on " + first.unit +
             " is never answered, and neither are " + std::to_string(open_.size() - 1) + " others");
    }

private:
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
                              i.state == core::State::inactive;
            require(!up || done, "its start is told to be done, and it does not run", id);
        }
    }

    std::map<core::CommandId, Command> open_;
};

}  // namespace

void add_conservation(Scene& scene) { scene.add(std::make_unique<Conservation>(scene)); }

}  // namespace superd::sim
