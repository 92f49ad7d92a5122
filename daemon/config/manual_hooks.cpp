#include "config/manual_keys.hpp"

namespace superd::config {

namespace {

constexpr std::string_view hooks_text =
    R"(Hooks are programs that are run around a unit's own: as its user, in its directory and
environment, with SUPERD_HOOK = pre-start, post-start, pre-stop, post-stop or on-crash, MAINPID
while the main process lives, and SUPERD_RUN.
They are never read by a shell, and what they leave behind in their process group is killed when
they end.
What they print is in the unit's log, each line after [pre-start] and so on.
.PP
A stop while pre-start or post-start runs kills the hook.
When superd-supervisor dies while a hook runs, the hook is killed and run again by the next one: a
hook must be fit to be run more than once.
superctl status and superctl why tell which hook is waited for, and superctl events what came of it.
.PP
post-stop has, as with systemd (see systemd.exec(5)), SERVICE_RESULT, and if the process was ever
started and seen to end EXIT_CODE and EXIT_STATUS: success, exited and 0, say; or signal, killed and
KILL.
SERVICE_RESULT is one of success, exit-code, signal, core-dump, oom-kill, watchdog, timeout, and
resources if it could not be started.
.PP
on-crash is run after each failure, not only when superd gives up: a crash, an exit with a code that
is no success, a start that failed, a run that superd ended as it was not ready in time or not well.
It reads one JSON object from its standard input:
schema (1), unit, instance, run; reason, a word as in superctl status --json, and text, for people;
state, restarts and next-retry, what superd does about it; suppressed, how many failures before this
one were not told, by on-crash-limit; and last-exit, which is as in superctl status --json, with the
code or signal, uptime, memory and CPU time used, and the last lines of the log, or null when no
process had been started.
)";

}  // namespace

std::string hooks_manual() { return paragraphs(hooks_text); }

}  // namespace superd::config
