#include "core/system.hpp"

#include "core/stepper.hpp"

namespace superd::core {

std::uint32_t wanted_instances(const Unit& unit) {
    if (unit.scaled != 0) return unit.scaled;
    return unit.autoscaled != 0 ? unit.autoscaled : unit.spec->instances;
}

System::System(std::uint64_t seed, RunId next_run) : random_{seed}, next_run_{next_run} {}

Effects System::apply(std::vector<SharedSpec> specs, Instant now) {
    Stepper stepper{*this, now};
    stepper.apply(std::move(specs));
    return stepper.finish();
}

Effects System::adopt(std::vector<SharedSpec> specs, std::vector<Restored> restored, Instant now) {
    Stepper stepper{*this, now};
    stepper.adopt(std::move(specs), std::move(restored));
    return stepper.finish();
}

Effects System::step(const Event& event, Instant now) {
    Stepper stepper{*this, now};
    stepper.handle(event);
    return stepper.finish();
}

const Unit* System::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : find(found->second);
}

const Unit* System::find(UnitId id) const {
    return id < by_number_.size() ? by_number_[id] : nullptr;
}

const Instance* System::find(InstanceId id) const {
    const Unit* const unit = find(id.unit);
    if (unit == nullptr) return nullptr;
    if (is_beside(id)) {
        const auto second = unit->beside.find(number_of(id));
        return second == unit->beside.end() ? nullptr : &second->second;
    }
    if (id.index >= unit->instances.size()) return nullptr;
    return &unit->instances[id.index];
}

std::vector<const Unit*> System::units() const {
    std::vector<const Unit*> result;
    result.reserve(by_name_.size());
    for (const auto& [name, id] : by_name_) result.push_back(find(id));
    return result;
}

}  // namespace superd::core
