#include "ctl/action.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_reset(const Invocation& invocation) { return act(invocation, "/v1/reset", "reset"); }

}  // namespace superctl
