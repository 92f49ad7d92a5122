#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_start(const Invocation& invocation) { return act(invocation, "/v1/start", "ready"); }

}  // namespace superctl
