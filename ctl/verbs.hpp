// The verbs: each in its own file, verb_<name>.cpp.
#pragma once

#include "ctl/command.hpp"

namespace superctl {

ExitCode run_start(const Invocation& invocation);
ExitCode run_stop(const Invocation& invocation);
ExitCode run_restart(const Invocation& invocation);
ExitCode run_scale(const Invocation& invocation);
ExitCode run_reload(const Invocation& invocation);
ExitCode run_status(const Invocation& invocation);
ExitCode run_list(const Invocation& invocation);
ExitCode run_logs(const Invocation& invocation);
ExitCode run_signal(const Invocation& invocation);
ExitCode run_check(const Invocation& invocation);
ExitCode run_plan(const Invocation& invocation);
ExitCode run_apply(const Invocation& invocation);
ExitCode run_health(const Invocation& invocation);
ExitCode run_wait(const Invocation& invocation);
ExitCode run_events(const Invocation& invocation);
ExitCode run_freeze(const Invocation& invocation);
ExitCode run_thaw(const Invocation& invocation);
ExitCode run_reset(const Invocation& invocation);
ExitCode run_tasks(const Invocation& invocation);
ExitCode run_threads(const Invocation& invocation);
ExitCode run_timeline(const Invocation& invocation);
ExitCode run_enable(const Invocation& invocation);
ExitCode run_disable(const Invocation& invocation);
ExitCode run_top(const Invocation& invocation);
ExitCode run_timers(const Invocation& invocation);
ExitCode run_tree(const Invocation& invocation);
ExitCode run_why(const Invocation& invocation);
ExitCode run_import(const Invocation& invocation);
ExitCode run_upgrade(const Invocation& invocation);
ExitCode run_version(const Invocation& invocation);
ExitCode run_help(const Invocation& invocation);

}  // namespace superctl
