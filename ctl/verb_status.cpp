#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

#include <algorithm>
#include <chrono>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// As systemctl's: 3 if one of those that were named does not run.
ExitCode code_of(const wire::Status& status) {
    const bool all_run = std::ranges::all_of(status.units, [](const wire::UnitStatus& unit) {
        return unit.state == "ready" || unit.state == "completed";
    });
    return all_run ? ExitCode::ok : ExitCode::not_running;
}

ExitCode show_table(const Invocation& invocation) {
    ClientRequest request;
    request.target = "/v1/summary";
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    const auto summary = wire::parse_summary(answer->body);
    if (summary.rows.empty()) complain("No units.\n");
    print(render_table(summary, style_for(invocation), terminal_width()));
    return ExitCode::ok;
}

}  // namespace

ExitCode run_status(const Invocation& invocation) {
    const bool json = invocation.has("--json");
    const bool named = !invocation.arguments.empty();
    try {
        if (!json && !named && !invocation.has("--deaths")) return show_table(invocation);
        ClientRequest request;
        const bool deaths = json || invocation.has("--deaths");
        request.target = target_with_units(
            "/v1/status", deaths ? "usage=true&deaths=true" : "usage=true", invocation.arguments);
        const auto answer = ask(invocation, request);
        if (!answer) return complain(answer.error());
        const auto status = wire::parse_status(answer->body);
        print(json ? answer->body : render_status(status, style_for(invocation), now_ns()));
        return named ? code_of(status) : ExitCode::ok;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
