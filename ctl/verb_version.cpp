#include "ctl/output.hpp"
#include "ctl/parts.hpp"
#include "ctl/superd.hpp"
#include "ctl/verbs.hpp"

namespace superctl {

ExitCode run_version(const Invocation& invocation) {
    const auto running = ask_parts(invocation);
    if (invocation.has("--json")) {
        print(parts_as_json(running.value_or(Running{})));
    } else {
        print("superctl " SUPERD_VERSION "\n");
        if (running && running->version) print("superd   " + printable(*running->version) + "\n");
        if (running) print(render_parts(running->parts));
    }
    return running ? ExitCode::ok : complain(running.error());
}

}  // namespace superctl
