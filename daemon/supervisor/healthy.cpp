// Whether all is well: what the core finds, as a line for people.
#include "core/probe_answer.hpp"
#include "supervisor/selectors.hpp"
#include "supervisor/supervisor.hpp"

namespace superd::supervisor {

namespace {

constexpr std::size_t told_max = 100;

std::string units(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " unit" : " units");
}

std::string praise(core::Probe probe, std::uint32_t count, bool named) {
    const bool one = count == 1;
    switch (probe) {
        case core::Probe::liveness:
            if (named) return units(count) + (one ? " has" : " have") + " not failed for good";
            if (count == 0) return "superd answers";
            return "superd answers, and no essential unit has failed for good";
        case core::Probe::readiness:
            if (count == 0) return "no unit is wanted";
            return units(count) + (one ? " is up" : " are up");
        case core::Probe::startup:
            if (count == 0) return "no unit starts by itself";
            return units(count) + (one ? " has come up" : " have come up");
    }
    std::unreachable();
}

// "web/1 is in back-off: retry 3 in 0.4 s; so are 2 others".
std::string complaint(const wire::UnwellInstance& first, std::size_t count) {
    std::string text = first.unit;
    if (first.instance) text += "/" + std::to_string(*first.instance);
    text += " is " + first.state;
    if (!first.reason.empty()) text += ": " + first.reason;
    if (count == 1) return text;
    return text + "; " + std::to_string(count - 1) + (count == 2 ? " other is" : " others are") +
           " not well either";
}

}  // namespace

wire::Health Supervisor::health(core::Probe probe, const std::vector<Target>& targets) const {
    std::vector<core::InstanceId> named;
    for (const Target& target : targets) {
        const auto some = instances_of(system_, target);
        named.insert(named.end(), some.begin(), some.end());
    }
    const core::ProbeAnswer found =
        targets.empty() ? answer(system_, probe) : answer(system_, probe, named);
    wire::Health out;
    out.probe = core::to_string(probe);
    out.well = found.well();
    for (const core::InstanceId id : found.unwell) {
        if (out.unwell.size() == told_max) break;
        const core::Unit& unit = *system_.find(id.unit);
        wire::UnwellInstance one{unit.spec->name, {}, {}, view_.reason(id)};
        if (unit.instances.size() > 1) one.instance = id.index;
        one.state = core::to_string(system_.find(id)->state);
        out.unwell.push_back(std::move(one));
    }
    if (found.stopping) {
        out.why = "superd is stopping";
    } else if (found.well()) {
        out.why = praise(probe, found.units, !targets.empty());
    } else {
        out.why = complaint(out.unwell.front(), found.unwell.size());
    }
    return out;
}

}  // namespace superd::supervisor
