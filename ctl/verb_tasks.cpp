#include "ctl/output.hpp"
#include "ctl/render_tasks.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

#include <algorithm>

#include <boost/system/system_error.hpp>

namespace superctl {

namespace {

namespace wire = superd::wire;

// As systemctl's: 3 if nothing of what was named runs; and it has failed if none has tasks.
ExitCode code_of(const Invocation& invocation, const wire::Tasks& tasks) {
    if (invocation.arguments.empty()) return ExitCode::ok;
    const auto hosted = [](const wire::WorkerTasks& each) { return each.hosted; };
    if (std::ranges::none_of(tasks.workers, hosted)) return ExitCode::failed;
    const auto runs = [](const wire::WorkerTasks& each) { return each.hosted && each.pid; };
    return std::ranges::any_of(tasks.workers, runs) ? ExitCode::ok : ExitCode::not_running;
}

}  // namespace

ExitCode run_tasks(const Invocation& invocation) {
    ClientRequest request;
    request.target = target_with_units("/v1/tasks", "", invocation.arguments);
    const auto answer = ask(invocation, request);
    if (!answer) return complain(answer.error());
    try {
        const auto tasks = wire::parse_tasks(answer->body);
        const auto code = code_of(invocation, tasks);
        if (invocation.has("--json")) {
            print(answer->body);
            return code;
        }
        print(render_tasks(tasks, style_for(invocation)));
        complain(untold_text(tasks, !invocation.arguments.empty()));
        if (code == ExitCode::not_running) complain("Nothing of it runs.\n");
        return code;
    } catch (const boost::system::system_error& error) {
        return complain(strange_answer(error));
    }
}

}  // namespace superctl
