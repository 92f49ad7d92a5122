#include "ctl/action.hpp"
#include "ctl/scaling.hpp"
#include "ctl/verbs.hpp"
#include "wire/json_writer.hpp"

namespace superctl {

ExitCode run_scale(const Invocation& invocation) {
    Act command{.path = "/v1/scale", .goal = "ready"};
    superd::wire::JsonWriter json{command.more};
    json.begin_object();
    json.key("instances");
    json.begin_object();
    for (const auto& word : invocation.arguments) {
        const auto scaling = parse_scaling(word).value_or(Scaling{word, "reset"});
        json.member(scaling.unit, scaling.amount);
        // One more, twice, is two more.
        const bool differs = scaling.amount.starts_with('+') || scaling.amount.starts_with('-');
        command.repeatable = command.repeatable && !differs;
    }
    json.end_object();
    json.end_object();
    // As further members: without the braces.
    command.more = command.more.substr(1, command.more.size() - 2);
    command.names_units = false;
    return act(invocation, command);
}

}  // namespace superctl
