#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_reset(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/reset", .goal = "reset"});
}

}  // namespace superctl
