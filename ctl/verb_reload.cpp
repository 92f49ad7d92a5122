#include "ctl/changes.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_reload(const Invocation& invocation) {
    return show_changes(invocation, "POST", "/v1/reload");
}

}  // namespace superctl
