#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_restart(const Invocation& invocation) {
    return act(invocation, "/v1/restart", "ready");
}

}  // namespace superctl
