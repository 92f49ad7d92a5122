#include "ctl/changes.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_apply(const Invocation& invocation) {
    return show_changes(invocation, "POST", "/v1/apply");
}

}  // namespace superctl
