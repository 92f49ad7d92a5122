#include "supervisor/definitions.hpp"

#include <algorithm>
#include <utility>

namespace superd::supervisor {
namespace {

const std::string& name_of(const std::shared_ptr<const config::Unit>& unit) {
    return unit->spec.name;
}

}  // namespace

const config::Unit* Definitions::in_force(std::string_view name) const {
    const auto found = std::ranges::lower_bound(now_.units, name, std::ranges::less{}, name_of);
    return found != now_.units.end() && name_of(*found) == name ? found->get() : nullptr;
}

const config::Unit* Definitions::find(std::string_view name) const {
    if (const auto* const unit = in_force(name)) return unit;
    const auto found = left_.find(name);
    return found == left_.end() ? nullptr : found->second.get();
}

void Definitions::replace(config::Configuration next) {
    config::Configuration before = std::exchange(now_, std::move(next));
    for (auto& unit : before.units) {
        const std::string name = unit->spec.name;
        if (in_force(name) == nullptr) left_[name] = std::move(unit);
    }
    for (const auto& unit : now_.units) left_.erase(unit->spec.name);
}

void Definitions::forget(std::string_view name) {
    if (const auto found = left_.find(name); found != left_.end()) left_.erase(found);
}

std::vector<core::SharedSpec> Definitions::specs() const {
    std::vector<core::SharedSpec> specs;
    specs.reserve(now_.units.size());
    for (const auto& unit : now_.units) {
        const auto chosen = enablement_.find(unit->spec.name);
        if (!chosen || *chosen == unit->spec.autostart) {
            specs.emplace_back(unit, &unit->spec);
            continue;
        }
        auto spec = std::make_shared<core::UnitSpec>(unit->spec);
        spec->autostart = *chosen;
        specs.push_back(std::move(spec));
    }
    return specs;
}

}  // namespace superd::supervisor
