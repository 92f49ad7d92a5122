// The keys of [hooks]: a part of the table in schema_unit.cpp.
#pragma once

#include "config/schema.hpp"
#include "core/hook.hpp"

#include <array>

namespace superd::config {

inline constexpr double hook_timeout_max = 86'400;

inline constexpr std::array hook_keys{
    Key{.path = "hooks.pre-start",
        .form = Form::argv,
        .text = "Run before the process of each run is started. If it fails, so has the start: "
                "[restart] says what comes next",
        .fallback = "",
        .example = R"(["/srv/shop/check-config", "${PORT}"])",
        .expands = true},
    Key{.path = "hooks.post-start",
        .form = Form::argv,
        .text = "Run when a run could be called ready; only when it has succeeded, the run is. If "
                "it fails, the run is ended and has failed. Not for a oneshot",
        .fallback = "",
        .example = R"(["/srv/shop/register"])",
        .expands = true},
    Key{.path = "hooks.pre-stop",
        .form = Form::argv,
        .text = "Run before the first of stop.signals is sent to a run that is ready, which it "
                "delays until it ends. Its failure changes nothing. Not run when superd ends a "
                "run because it failed, nor for a oneshot",
        .fallback = "",
        .example = R"(["/srv/shop/drain"])",
        .expands = true},
    Key{.path = "hooks.post-stop",
        .form = Form::argv,
        .text = "Run when no process of a run is left, however it ended, also when it could not "
                "be started; before it is started again. Its failure changes nothing",
        .fallback = "",
        .example = R"(["/bin/rm", "-f", "/run/shop/web.sock"])",
        .expands = true},
    Key{.path = "hooks.on-crash",
        .form = Form::argv,
        .text = "Run after each failure, with what is known of it as JSON on its standard input; "
                "nothing waits for it",
        .fallback = "",
        .example = R"(["/usr/local/bin/page-me"])",
        .expands = true},
    Key{.path = "hooks.timeout",
        .form = Form::duration,
        .text = "A hook that takes longer is killed, with all of its process group, and has failed",
        .fallback = R"("30s")",
        .example = R"("5s")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.pre-start-timeout",
        .form = Form::duration,
        .text = "For pre-start, in place of timeout",
        .fallback = "",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.post-start-timeout",
        .form = Form::duration,
        .text = "For post-start, in place of timeout",
        .fallback = "",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.pre-stop-timeout",
        .form = Form::duration,
        .text = "For pre-stop, in place of timeout",
        .fallback = "",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.post-stop-timeout",
        .form = Form::duration,
        .text = "For post-stop, in place of timeout",
        .fallback = "",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.on-crash-timeout",
        .form = Form::duration,
        .text = "For on-crash, in place of timeout",
        .fallback = "",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = hook_timeout_max},
    Key{.path = "hooks.on-crash-limit",
        .form = Form::rate,
        .text = "The most runs of on-crash within a time, for all instances of the unit; the next "
                "one after that is told how many failures were not. A "
                "new supervisor counts anew",
        .fallback = R"("10 in 1min")",
        .example = R"("1 in 5min")",
        .minimum = 1,
        .maximum = core::HookRule::crash_limit_max},
    Key{.path = "hooks.run-as",
        .form = Form::choice,
        .text = "Who runs the hooks: the unit's user, or superd's own, as for what only root may "
                "do before a start",
        .fallback = R"("unit")",
        .example = R"("superd")",
        .choices = "unit|superd"},
};

}  // namespace superd::config
