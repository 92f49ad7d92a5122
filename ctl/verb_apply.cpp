#include "ctl/action.hpp"
#include "ctl/changes.hpp"
#include "ctl/output.hpp"
#include "ctl/rolling.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_apply(const Invocation& invocation) {
    if (!invocation.has("--rolling")) {
        if (invocation.has("--batch")) return complain(batch_alone());
        return show_changes(invocation, "POST", "/v1/apply");
    }
    std::string path = "/v1/apply?rolling=true";
    if (invocation.has("--batch")) path += "&batch=" + std::string{invocation.value("--batch")};
    std::vector<std::string> restarted;
    const ExitCode code = show_changes(invocation, "POST", path, &restarted);
    if (code != ExitCode::ok || restarted.empty() || invocation.has("--no-wait")) return code;
    Invocation wait = invocation;
    wait.arguments = restarted;
    return act(wait, {.path = "/v1/wait", .goal = "ready", .more = "\"until\":\"rolled\""});
}

}  // namespace superctl
