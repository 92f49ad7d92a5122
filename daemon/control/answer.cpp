#include "control/answer.hpp"

#include "base/overloaded.hpp"
#include "control/command.hpp"
#include "control/places.hpp"
#include "wire/json_writer.hpp"
#include "wire/outcome.hpp"

#include <algorithm>
#include <chrono>

namespace superd::control {

namespace {

using supervisor::Operations;

Response plan_response(const wire::Plan& plan) {
    // Nothing was applied: what is on disk is not a configuration.
    return {plan.errors.empty() ? 200u : 409u, wire::serialize(plan) + "\n", json_type, {}};
}

// Selects, and hands the targets to `reply`.
template <class Reply>
Response with_targets(const Selectors& units, const Operations& operations, Reply reply) {
    const auto targets = select(units, operations);
    if (!targets) return to_response(targets.error());
    return reply(*targets);
}

Response send_signal(const SignalCall& call, Operations& operations) {
    return with_targets(call.units, operations, [&](const Targets& targets) {
        const auto error = operations.signal(targets, call.number, call.tree);
        if (error.empty()) return Response{200, "{\"schema\":1}\n", json_type, {}};
        return to_response(
            Refusal{409, {"failed", error, "see what runs with `superctl status`"}, {}});
    });
}

Response enable(const EnableCall& call, Operations& operations) {
    return with_targets(call.units, operations, [&](const Targets& targets) {
        const auto result = operations.enable(targets, call.how);
        if (!result.error.empty()) {
            return to_response(Refusal{
                409, {"failed", result.error, "`superctl status` shows what there is"}, {}});
        }
        std::string body;
        wire::JsonWriter json{body};
        json.begin_object();
        json.member("schema", wire::schema);
        json.key("units");
        json.begin_array();
        for (const auto& [name, enabled] : result.units) {
            json.begin_object();
            json.member("name", name);
            json.member("enabled", enabled);
            json.end_object();
        }
        json.end_array();
        json.end_object();
        return Response{200, body + "\n", json_type, {}};
    });
}

Response health(const HealthCall& call, const Operations& operations) {
    const auto respond = [](const wire::Health& told) {
        return Response{told.well ? 200u : 503u, wire::serialize(told) + "\n", json_type, {}};
    };
    if (!call.probe) return respond({});
    if (call.units.empty()) return respond(operations.health(*call.probe, {}));
    return with_targets(call.units, operations, [&](const Targets& targets) {
        return respond(operations.health(*call.probe, targets));
    });
}

std::string version_body(const Operations& operations) {
    std::string out;
    wire::JsonWriter json{out};
    json.begin_object();
    json.member("schema", wire::schema);
    json.member("version", SUPERD_VERSION);
    json.key("parts");
    json.begin_array();
    for (const auto& part : operations.parts()) {
        json.begin_object();
        json.member("part", part.name);
        json.member("pid", part.pid);
        json.key("version");
        part.version.empty() ? json.null() : json.value(part.version);
        json.member("program", part.program);
        json.member("outdated", part.outdated);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out + "\n";
}

std::optional<std::uint32_t> instance_of(const supervisor::Target& target) {
    if (target.index == core::all_instances) return {};
    return target.index;
}

wire::UnitOutcome pending_outcome(const supervisor::Target& target, const wire::Status& status) {
    wire::UnitOutcome outcome{target.unit, instance_of(target), "pending", "", ""};
    const auto unit = std::ranges::find(status.units, target.unit, &wire::UnitStatus::name);
    if (unit == status.units.end()) return outcome;
    outcome.state = unit->state;
    outcome.reason = unit->reason;
    if (!outcome.instance) return outcome;
    const auto instance =
        std::ranges::find(unit->instances, target.index, &wire::InstanceStatus::index);
    if (instance == unit->instances.end()) return outcome;
    outcome.state = instance->state;
    outcome.reason = instance->reason;
    return outcome;
}

std::string_view to_string(core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::done: return "done";
        case core::Outcome::failed: return "failed";
        case core::Outcome::superseded: return "superseded";
    }
    return "failed";
}

}  // namespace

std::optional<Refusal> refuse_stranger(const Call& call, const Peer& peer,
                                       const Operations& operations) {
    const auto refuse = [&](const char* what, const char* hint) {
        return Refusal{
            403, {"forbidden", "user " + std::to_string(peer.uid) + " may not " + what, hint}, {}};
    };
    switch (right_for(call)) {
        case Right::none: return {};
        case Right::read:
            if (may_read(peer, operations)) return {};
            return refuse("look at this superd: root, its own user and [control] readers may",
                          "use sudo, or add the user to [control] readers in superd.toml");
        case Right::change:
            if (operations.may_change(peer.uid)) return {};
            return refuse("change anything in this superd: only root and its own user may",
                          "use sudo, or `superctl --bus` where polkit lets this user");
    }
    return {};
}

void record_command(const Call& call, const Peer& peer, Operations& operations) {
    const auto command = command_of(call);
    if (!command) return;
    const auto* const scale = std::get_if<ScaleCall>(&call);
    if (scale != nullptr && !operations.refuse_scaling(scale->scalings).empty()) return;
    Operations::Commanded told{.action = std::string{command->verb}, .signal = command->signal};
    told.uid = peer.uid;
    if (!command->units.empty()) {
        auto selected = operations.select(command->units);
        if (!selected.error.empty()) return;  // It will be refused.
        told.targets = std::move(selected.targets);
    }
    operations.commanded(told);
}

std::expected<Targets, Refusal> select(const Selectors& units, const Operations& operations) {
    auto selected = operations.select(units);
    if (selected.error.empty()) return std::move(selected.targets);
    return std::unexpected{
        Refusal{404, {"not-found", selected.error, "`superctl list` shows every unit"}, {}}};
}

Response internal_error(const std::exception& error) {
    return to_response(Refusal{500,
                               {"internal", "cannot carry this out: " + std::string{error.what()},
                                "try again; superd's own log tells more"},
                               {}});
}

Response refuse_scaling(const std::string& problem) {
    return to_response(
        Refusal{409, {"failed", problem, "`superctl status` shows what there is"}, {}});
}

Response to_response(const std::vector<supervisor::TargetOutcome>& outcomes) {
    wire::Outcomes body;
    bool all_done = true;
    for (const auto& one : outcomes) {
        all_done = all_done && one.outcome == core::Outcome::done;
        body.outcomes.push_back({one.target.unit, instance_of(one.target),
                                 std::string{to_string(one.outcome)}, one.state, one.reason});
    }
    return {all_done ? 200u : 409u, wire::serialize(body) + "\n", json_type, {}};
}

Response still_pending(unsigned http_status, const Targets& targets, const Operations& operations) {
    const auto status = operations.status(targets, {});
    wire::Outcomes body;
    for (const auto& target : targets) body.outcomes.push_back(pending_outcome(target, status));
    return {http_status, wire::serialize(body) + "\n", json_type, {}};
}

std::int64_t resolve(const Since& since) {
    if (!since.ago) return since.ns;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - since.ns;
}

Response answer_at_once(const Call& call, Operations& operations) {
    const auto json = [](std::string body) { return Response{200, body + "\n", json_type, {}}; };
    const auto unfit = [](const auto&) {
        return to_response(Refusal{500, {"internal", "cannot answer this at once", ""}, {}});
    };
    return std::visit(
        Overloaded{
            [&](const StatusCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    return json(wire::serialize(operations.status(targets, c.detail)));
                });
            },
            [&](const SummaryCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    return json(wire::serialize(operations.summary(targets)));
                });
            },
            [&](const GraphCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    return json(wire::serialize(operations.graph(targets)));
                });
            },
            [&](const WhyCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    return json(wire::serialize(operations.why(targets)));
                });
            },
            [&](const TasksCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    return json(wire::serialize(operations.tasks(targets)));
                });
            },
            [&](const EventsCall& c) {
                return with_targets(c.units, operations, [&](const Targets& targets) {
                    const auto since = c.since ? resolve(*c.since) : 0;
                    return Response{
                        200, operations.events_since(since, targets), json_lines_type, {}};
                });
            },
            [&](const SignalCall& c) { return send_signal(c, operations); },
            [&](const EnableCall& c) { return enable(c, operations); },
            [&](const PlanCall&) { return plan_response(operations.plan()); },
            [&](const ReloadCall&) { return plan_response(operations.reload()); },
            [&](const ApplyCall& c) { return plan_response(operations.apply(c.rolling)); },
            [&](const VersionCall&) {
                return Response{200, version_body(operations), json_type, {}};
            },
            [&](const UpgradeCall&) {
                const auto problem = operations.upgrade();
                if (problem.empty()) return json(R"({"schema":1})");
                return to_response(Refusal{
                    409,
                    {"failed", problem, "nothing has changed; `superctl version` shows what runs"},
                    {}});
            },
            [&](const HealthCall& c) { return health(c, operations); },
            [&](const ThreadsCall& c) { return unfit(c); },
            [&](const ActCall& c) { return unfit(c); },
            [&](const ScaleCall& c) { return unfit(c); },
            [&](const WaitCall& c) { return unfit(c); },
            [&](const LogsCall& c) { return unfit(c); },
        },
        call);
}

}  // namespace superd::control
