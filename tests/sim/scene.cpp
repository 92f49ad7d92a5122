#include "tests/sim/scene.hpp"

#include <array>

namespace superd::sim {

Key Scene::key(core::InstanceId id) const {
    if (id.unit >= numbers_.size()) numbers_.resize(id.unit + 16u, 0);
    std::uint32_t& number = numbers_[id.unit];
    if (number == 0) {
        const core::Unit* const found = system->find(id.unit);
        if (found != nullptr) number = number_of(found->spec->name);
    }
    return {number, id.index == core::all_instances ? id.index : core::number_of(id)};
}

core::ClockTold Scene::clock() const {
    static const auto utc = std::make_shared<const core::Zone>();
    return {now(), (machine.ahead + (now() - begin)).count(), utc};
}

std::string Scene::name(core::InstanceId id) const {
    const core::Unit* const found = system->find(id.unit);
    std::string text = found != nullptr ? found->spec->name : "u" + std::to_string(key(id).unit);
    if (id.index != core::all_instances) text += "/" + std::to_string(core::number_of(id));
    if (core::is_beside(id)) text += " (beside)";
    return text;
}

const Life* Scene::life(core::InstanceId id) const {
    const core::Instance* const instance = system->find(id);
    return instance == nullptr ? nullptr : machine.find(instance->run);
}

void Scene::show_units() const {
    if (!trace.on()) return;
    for (const core::Unit* const unit : system->units()) {
        std::string text = unit->spec->name + ":";
        for (const core::Instance& i : unit->instances) {
            text += " [" + std::string{core::to_string(i.state)} + " " +
                    std::string{core::to_string(i.reason)} + ", goal " +
                    std::string{core::to_string(i.goal)} + ", run " + std::to_string(i.run) + "]";
        }
        for (const core::Edge& edge : unit->edges) {
            constexpr std::array kinds{" needs ", " wants ", " after "};
            constexpr std::array whens{" started", " ready", " completed"};
            const core::Unit* const other = system->find(edge.unit);
            if (other == nullptr) continue;
            text += kinds[static_cast<std::size_t>(edge.kind)] + other->spec->name +
                    whens[static_cast<std::size_t>(edge.when)];
        }
        for (const core::UnitId member : unit->members) {
            text += " has " + name({member, core::all_instances});
        }
        say(text);
    }
}

void Scene::adopt(const core::System* its_system) {
    system = its_system;
    numbers_.clear();
}

void Invariant::require(bool holds, const char* text, core::InstanceId about) const {
    if (holds) return;
    std::string whole = scene_.name(about) + ": " + text;
    const core::Instance* const instance = scene_.system->find(about);
    if (instance != nullptr) {
        whole += " (" + std::string{core::to_string(instance->state)} + ", goal " +
                 std::string{core::to_string(instance->goal)} + ", run " +
                 std::to_string(instance->run) + "; " +
                 scene_.system->describe(about, scene_.now()) + ")";
    }
    fail(whole);
}

}  // namespace superd::sim
