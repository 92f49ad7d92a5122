#include "ctl/action.hpp"

#include "ctl/duration.hpp"
#include "ctl/output.hpp"
#include "ctl/progress.hpp"
#include "ctl/superd.hpp"
#include "wire/json_writer.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

constexpr std::size_t listed_max = 20;  // More that came out well are only counted.
constexpr std::chrono::milliseconds wait_default = std::chrono::seconds{90};
// superd answers when the time is up; beyond it and this, it does not answer at all.
constexpr std::chrono::milliseconds answer_slack = std::chrono::seconds{30};

bool waits(const Invocation& invocation) {
    return !invocation.has("--no-wait") && invocation.value("--wait") != "none";
}

std::chrono::milliseconds timeout_of(const Invocation& invocation) {
    return parse_duration(invocation.value("--timeout")).value_or(wait_default);
}

std::string name_of(const wire::UnitOutcome& outcome) {
    if (!outcome.instance) return outcome.unit;
    return outcome.unit + "/" + std::to_string(*outcome.instance);
}

std::string reason_of(const wire::UnitOutcome& outcome) {
    std::string text = outcome.state;
    if (!outcome.reason.empty()) text += ": " + outcome.reason;
    return text;
}

Failure failure_of_outcome(const wire::UnitOutcome& outcome, std::string_view verb) {
    const auto name = name_of(outcome);
    const std::string begin = "cannot " + std::string{verb} + " " + name + ": ";
    if (outcome.outcome == "superseded") {
        return {ExitCode::failed, begin + "a later command took its place",
                "`superctl status " + name + "` shows how it is"};
    }
    if (outcome.outcome == "pending") {
        return {ExitCode::timeout, begin + "not within the time given; it is " + reason_of(outcome),
                "it goes on; `superctl wait " + name + "` waits for it"};
    }
    if (verb == "freeze" || verb == "thaw") {
        return {ExitCode::failed, begin + reason_of(outcome),
                "`superctl status " + name + "` shows how it is"};
    }
    return {ExitCode::failed, begin + reason_of(outcome),
            "`superctl logs " + outcome.unit + "` shows what it wrote"};
}

}  // namespace

std::string action_body(const Invocation& invocation, const Act& command) {
    std::string body;
    wire::JsonWriter json{body};
    json.begin_object();
    if (invocation.has("--all")) {
        json.member("all", true);
    } else if (command.names_units) {
        json.member("units", invocation.arguments);
    }
    if (!waits(invocation)) json.member("wait", false);
    if (invocation.has("--timeout")) {
        json.member("timeout", static_cast<double>(timeout_of(invocation).count()) / 1000);
    }
    json.end_object();
    const std::string_view separator = body.size() > 2 ? "," : "";
    if (!command.more.empty()) body.insert(body.size() - 1, std::string{separator} + command.more);
    return body;
}

Report report(const wire::Outcomes& outcomes, std::string_view verb, std::string_view told) {
    Report report;
    std::size_t done = 0;
    for (const auto& outcome : outcomes.outcomes) {
        if (outcome.outcome != "done") {
            const auto failure = failure_of_outcome(outcome, verb);
            report.err += describe(failure);
            report.code = std::max(report.code, failure.code);
        } else if (++done <= listed_max) {
            report.out += name_of(outcome) + ": " +
                          (told.empty() ? printable(outcome.state) : std::string{told}) + "\n";
        }
    }
    if (done > listed_max) report.out = std::to_string(done) + " units: done\n";
    return report;
}

ExitCode act(const Invocation& invocation, const Act& command) {
    const bool wait = waits(invocation);
    ClientRequest request;
    request.method = "POST";
    request.target = command.path;
    request.body = action_body(invocation, command);
    request.patience =
        (wait ? timeout_of(invocation) : std::chrono::milliseconds{0}) + answer_slack;
    request.repeatable = command.repeatable;
    request.lines = wait && stderr_is_terminal() && !invocation.has("--json");

    Progress progress{command.goal};
    Client::Take take;
    if (request.lines) take = [&](std::string& body) { progress.take(body); };
    const auto answer = ask(invocation, request, {202, 409, 504}, take);
    progress.clear();
    if (!answer) return complain(answer.error());
    if (answer->status == 409 && answer->body.starts_with("{\"error\"")) {
        return complain(failure_of(*answer));
    }
    const auto& body = request.lines && answer->status == 200 ? progress.last_line() : answer->body;
    try {
        const auto outcomes = wire::parse_outcomes(body);
        auto result = report(outcomes, invocation.command->name, command.told);
        if (!wait) result = {};  // Pending is what was asked for.
        print(invocation.has("--json") ? body : result.out);
        complain(result.err);
        return result.code;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
