#include "control/command.hpp"

#include "base/overloaded.hpp"
#include "control/answer.hpp"

#include <string>
#include <utility>

namespace superd::control {

namespace {

std::string_view verb_of(supervisor::Action action) {
    switch (action) {
        case supervisor::Action::start: return "start";
        case supervisor::Action::stop: return "stop";
        case supervisor::Action::restart: return "restart";
        case supervisor::Action::reset: return "reset";
        case supervisor::Action::freeze: return "freeze";
        case supervisor::Action::thaw: return "thaw";
    }
    return "act";
}

using Found = std::optional<Command>;

}  // namespace

Found command_of(const Call& call) {
    const auto found = Overloaded{
        [](const ActCall& c) { return Found{{verb_of(c.action), Domain::units, c.units}}; },
        [](const ScaleCall& c) {
            Command command{"scale", Domain::units, {}};
            for (const auto& each : c.scalings) command.units.push_back(each.unit);
            return Found{std::move(command)};
        },
        [](const EnableCall& c) {
            const bool off = c.how == supervisor::Enabling::off;
            return Found{{off ? "disable" : "enable", Domain::unit_files, c.units}};
        },
        [](const SignalCall& c) { return Found{{"signal", Domain::units, c.units, c.number}}; },
        [](const ReloadCall&) { return Found{{"reload", Domain::reload, {}}}; },
        [](const ApplyCall&) { return Found{{"apply", Domain::reload, {}}}; },
        [](const UpgradeCall&) { return Found{{"upgrade", Domain::daemon, {}}}; },
        [](const auto&) { return Found{}; },
    };
    return std::visit(found, call);
}

std::expected<Call, Refusal> narrowed(Call call, const supervisor::Operations& operations) {
    const auto command = command_of(call);
    if (!command || command->units.empty()) return call;
    const auto targets = select(command->units, operations);
    if (!targets) return std::unexpected{targets.error()};
    Selectors names;
    for (const auto& target : *targets) {
        const bool whole = target.index == core::all_instances;
        names.push_back(whole ? target.unit : target.unit + "/" + std::to_string(target.index));
    }
    std::visit(Overloaded{
                   [&](ActCall& c) { c.units = std::move(names); },
                   [&](EnableCall& c) { c.units = std::move(names); },
                   [&](SignalCall& c) { c.units = std::move(names); },
                   [](auto&) {},  // A scaling names its units one by one.
               },
               call);
    return call;
}

}  // namespace superd::control
