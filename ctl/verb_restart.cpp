#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_restart(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/restart", .goal = "ready", .repeatable = false});
}

}  // namespace superctl
