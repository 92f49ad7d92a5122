#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_thaw(const Invocation& invocation) {
    return act(invocation, {.path = "/v1/thaw", .goal = "thawed", .more = {}, .told = "thawed"});
}

}  // namespace superctl
