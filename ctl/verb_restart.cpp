#include "ctl/action.hpp"
#include "ctl/output.hpp"
#include "ctl/rolling.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_restart(const Invocation& invocation) {
    Act command{.path = "/v1/restart", .goal = "ready", .repeatable = false};
    if (invocation.has("--rolling")) {
        command.more = "\"rolling\":true";
        if (invocation.has("--batch")) {
            command.more += ",\"batch\":" + std::string{invocation.value("--batch")};
        }
    } else if (invocation.has("--batch")) {
        return complain(batch_alone());
    }
    return act(invocation, command);
}

}  // namespace superctl
