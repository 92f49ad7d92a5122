#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_start(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/start", .goal = "ready"});
}

}  // namespace superctl
