#include "ctl/changes.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_plan(const Invocation& invocation) {
    return show_changes(invocation, "GET", "/v1/plan");
}

}  // namespace superctl
