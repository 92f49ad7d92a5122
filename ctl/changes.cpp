#include "ctl/changes.hpp"

#include "ctl/output.hpp"
#include "ctl/superd.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace wire = superd::wire;

namespace {

constexpr std::string_view indent = "    ";

std::string render_value(const wire::PlannedValue& value) {
    std::string out{indent};
    out += value.key + ": ";
    if (!value.from && !value.to) {
        out += "changed";
    } else if (value.from == value.to) {
        out += *value.from + ", what its variables say changed";
    } else {
        out += value.from.value_or("not set") + " → " + value.to.value_or("not set");
    }
    return printable(out) + (value.restarts ? " (restarts)\n" : "\n");
}

std::string render_files(const std::vector<std::string>& files) {
    if (files.size() < 2) return {};  // Its name says it.
    std::string out{indent};
    for (const auto& file : files) out += (out == indent ? "files: " : ", ") + file;
    return printable(out) + "\n";
}

}  // namespace

std::string render_plan(const wire::Plan& plan, bool after_reload) {
    std::size_t names = 0, kinds = 0;
    for (const auto& change : plan.changes) {
        names = std::max(names, width(change.unit));
        kinds = std::max(kinds, width(change.change));
    }
    std::string out;
    bool waiting = false;
    for (const auto& change : plan.changes) {
        out += change.unit + std::string(names - width(change.unit) + 2, ' ');
        out += change.change;
        if (!change.detail.empty()) {
            out += std::string(kinds - width(change.change) + 2, ' ') + printable(change.detail);
        }
        if (after_reload && !change.applied) {
            out += " (waits for `superctl apply`)";
            waiting = true;
        }
        out += '\n';
        for (const auto& value : change.values) out += render_value(value);
        out += render_files(change.files);
    }
    if (after_reload && waiting) out += "`superctl apply` restarts what waits for it\n";
    return out;
}

namespace {

std::vector<std::string> restarted_units(const wire::Plan& plan) {
    std::vector<std::string> units;
    for (const auto& change : plan.changes) {
        if (change.change == "restart" && change.applied) units.push_back(change.unit);
    }
    return units;
}

}  // namespace

ExitCode show_changes(const Invocation& invocation, std::string_view method, std::string_view path,
                      std::vector<std::string>* restarted) {
    ClientRequest request;
    request.method = method;
    request.target = path;
    request.repeatable = method == "GET";
    const auto answer = ask(invocation, request, {409});
    if (!answer) return complain(answer.error());
    if (answer->body.starts_with("{\"error\"")) return complain(failure_of(*answer));
    try {
        const auto plan = wire::parse_plan(answer->body);
        if (restarted != nullptr) *restarted = restarted_units(plan);
        if (invocation.has("--json")) {
            print(answer->body);
            return plan.errors.empty() ? ExitCode::ok : ExitCode::failed;
        }
        for (const auto& error : plan.errors) complain(printable(error) + "\n");
        if (!plan.errors.empty()) {
            return complain(Failure{ExitCode::failed, "cannot use the configuration: see above",
                                    "nothing was changed; mend the files and try again"});
        }
        if (plan.changes.empty()) complain("Nothing to change.\n");
        print(render_plan(plan, path == "/v1/reload"));
        return ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
