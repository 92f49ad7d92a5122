#include "ctl/action.hpp"
#include "ctl/output.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_wait(const Invocation& invocation) {
    const bool stopped = invocation.has("--stopped");
    if (stopped && invocation.has("--ready")) {
        return complain(Failure{ExitCode::usage, "cannot wait for both --ready and --stopped",
                                "use one of them"});
    }
    if (stopped)
        return act(invocation,
                   {.path = "/v1/wait", .goal = "stopped", .more = R"("until":"stopped")"});
    return act(invocation, {.path = "/v1/wait", .goal = "ready", .more = R"("until":"ready")"});
}

}  // namespace superctl
