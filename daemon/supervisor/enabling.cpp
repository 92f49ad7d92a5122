// Whether units start by themselves, as the operator wants it.
#include "supervisor/moment.hpp"
#include "supervisor/supervisor.hpp"

#include <utility>

namespace superd::supervisor {
namespace {

std::string cannot(const std::string& verb, const std::string& unit, const std::string& cause) {
    return "cannot " + verb + " " + unit + ": " + cause;
}

}  // namespace

Operations::Enabled Supervisor::enable(const std::vector<Target>& targets, Enabling how) {
    const std::string verb = how == Enabling::off ? "disable" : "enable";
    Enabled result;
    auto choices = definitions_.enablement().choices();
    for (const Target& target : targets) {
        const core::Unit* const unit = system_.find(target.unit);
        const config::Unit* const definition = definitions_.find(target.unit);
        if (unit == nullptr || unit->removed || definition == nullptr) {
            result.error = cannot(verb, target.unit, "it has left the configuration");
        } else if (target.index != core::all_instances) {
            result.error = cannot(verb, target.unit + "/" + std::to_string(target.index),
                                  "that is for whole units; name " + target.unit);
        } else if (unit->group != 0) {
            const std::string group = system_.find(unit->group)->spec->name;
            result.error =
                cannot(verb, target.unit,
                       "its group " + group + " says whether its members start; name " + group);
        }
        if (!result.error.empty()) return result;
        if (how == Enabling::as_configured) {
            choices.erase(target.unit);
        } else {
            choices[target.unit] = how == Enabling::on;
        }
        const bool on =
            how == Enabling::as_configured ? definition->spec.autostart : how == Enabling::on;
        result.units.emplace_back(target.unit, on);
    }
    if (auto written = definitions_.enablement().replace(std::move(choices)); !written) {
        result.error = "cannot " + verb + " anything: " + written.error().message();
        return result;
    }
    turn_.perform(system_.apply(definitions_.specs(), now()));
    for (const auto& [name, on] : result.units) {
        turn_.add(core::ScheduleRequested{system_.find(name)->id, on});
        append({.kind = wire::EventKind::config,
                .unit = name,
                .message =
                    std::string{on ? "enabled" : "disabled"} +
                    (how == Enabling::as_configured ? ", as its file says" : ", by the operator")});
    }
    settle();
    return result;
}

}  // namespace superd::supervisor
