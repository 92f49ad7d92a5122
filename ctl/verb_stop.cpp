#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_stop(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/stop", .goal = "stopped"});
}

}  // namespace superctl
