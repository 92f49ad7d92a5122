#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_freeze(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/freeze", .goal = "frozen", .more = {}, .told = "frozen"});
}

}  // namespace superctl
