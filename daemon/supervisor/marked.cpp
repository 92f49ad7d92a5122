#include "supervisor/marked.hpp"

#include "os/process.hpp"
#include "os/tree.hpp"

#include <charconv>

namespace superd::supervisor {

std::vector<Marked> marked_processes(const std::string& scope,
                                     const std::function<bool(pid_t)>& known) {
    std::vector<Marked> found;
    for (const pid_t pid : os::all_processes()) {
        if (known(pid)) continue;
        const auto mark = os::process_environment(pid, "SUPERD_RUN");
        if (!mark) continue;
        core::RunId run = 0;
        std::from_chars(mark->data(), mark->data() + mark->size(), run);
        if (*mark != os::run_mark(run, scope)) continue;
        const auto stat = os::process_stat(pid);
        if (!stat || stat->state == 'Z' || stat->state == 'X') continue;
        const bool hook = os::process_environment(pid, "SUPERD_HOOK").has_value();
        found.push_back({pid, stat->parent, run, stat->session == pid, hook});
    }
    return found;
}

}  // namespace superd::supervisor
