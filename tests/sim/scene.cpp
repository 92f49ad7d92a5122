#include "tests/sim/scene.hpp"

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
