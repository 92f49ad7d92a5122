#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_stop(const Invocation& invocation) { return act(invocation, "/v1/stop", "stopped"); }

}  // namespace superctl
