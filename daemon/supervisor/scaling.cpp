// The operator's own number of instances.
#include "config/instance_text.hpp"
#include "os/cores.hpp"
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"

#include <utility>

namespace superd::supervisor {
namespace {

constexpr std::int64_t instances_max = core::UnitSpec::instances_max;

// How many instances the unit is to have, be that possible or not.
std::int64_t count_of(const Scaling& scaling, const core::Unit& unit) {
    switch (scaling.how) {
        case Scaling::How::to: return scaling.number;
        case Scaling::How::by: return core::wanted_instances(unit) + std::int64_t{scaling.number};
        case Scaling::How::cores: return os::usable_cores();
        case Scaling::How::reset: return unit.spec->instances;
    }
    std::unreachable();
}

// "instances 2 → 4, by the operator (configured: 2)"
std::string words_for(const Scaling& scaling, const core::Unit& unit, std::uint32_t count) {
    if (const auto& rule = unit.spec->scale; rule && scaling.how == Scaling::How::reset) {
        return "superd chooses how many instances there are, " + std::to_string(rule->min) +
               " to " + std::to_string(rule->max) + ", as the operator wants it";
    }
    return "instances " + std::to_string(core::wanted_instances(unit)) + " → " +
           std::to_string(count) +
           ", by the operator (configured: " + std::to_string(unit.spec->instances) + ")";
}

}  // namespace

std::string Supervisor::refuse_scaling(const std::vector<Scaling>& scalings) const {
    for (const Scaling& scaling : scalings) {
        const core::Unit* const unit = system_.find(scaling.unit);
        const std::string begin = "cannot scale " + scaling.unit + ": ";
        if (unit == nullptr || unit->removed) {
            const auto selected = select_targets(system_, {scaling.unit});
            if (!selected.error.empty()) return begin + selected.error;
            return begin + "name one unit, without an instance's number";
        }
        if (system_.shutting_down()) return begin + "superd is stopping";
        if (unit->spec->type == core::UnitType::group) {
            return begin + "it is a group; name one of its members";
        }
        const std::int64_t count = count_of(scaling, *unit);
        if (count < 1) {
            return begin + "a unit has at least 1 instance; `superctl stop " + scaling.unit +
                   "` stops all it has";
        }
        if (count > instances_max) {
            return begin + std::to_string(count) + " instances are too many, " +
                   std::to_string(instances_max) + " is the most";
        }
        const config::Unit* const definition = definitions_.find(scaling.unit);
        for (std::uint32_t index = core::wanted_instances(*unit);
             definition != nullptr && index < count; ++index) {
            const auto cause = config::check_instance(*definition, index);
            if (cause) return begin + *cause;
        }
    }
    return {};
}

std::uint64_t Supervisor::scale(const std::vector<Scaling>& scalings, Done done) {
    std::vector<Target> targets;
    for (const Scaling& scaling : scalings) targets.push_back({scaling.unit, core::all_instances});
    core::CommandId command = 0;
    const auto id = commands_.begin(targets, std::move(done), command);
    for (const Scaling& scaling : scalings) {
        const core::Unit* const unit = system_.find(scaling.unit);
        if (unit == nullptr) {  // The core refuses what it does not know.
            turn_.add(core::ScaleRequested{0, 0, command++});
            continue;
        }
        const auto count = static_cast<std::uint32_t>(count_of(scaling, *unit));
        append({.kind = wire::EventKind::config,
                .unit = scaling.unit,
                .message = words_for(scaling, *unit, count)});
        const bool resets = scaling.how == Scaling::How::reset;
        turn_.add(core::ScaleRequested{unit->id, resets ? 0 : count, command++});
    }
    settle();
    return id;
}

}  // namespace superd::supervisor
