// The keys of a unit that say whether a run is still of use: a part of the
// table in schema_unit.cpp.
#pragma once

#include "config/schema.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array liveness_keys{
    Key{.path = "check.name",
        .form = Form::text,
        .text = "What the check is called: up to 32 letters, digits and - _ . and no other check "
                "of the unit's the same",
        .fallback = "",
        .example = R"("http")",
        .required = true},
    Key{.path = "check.http",
        .form = Form::text,
        .text = "It answers a GET of this address with a status from 200 to 399",
        .fallback = "",
        .example = R"("http://127.0.0.1:8080/healthz")",
        .expands = true},
    Key{.path = "check.tcp",
        .form = Form::text,
        .text = "It accepts a connection at this address: a literal or localhost, and a port",
        .fallback = "",
        .example = R"("127.0.0.1:5432")",
        .expands = true},
    Key{.path = "check.unix",
        .form = Form::text,
        .text = "It accepts a connection at this socket, an absolute path",
        .fallback = "",
        .example = R"("/run/shop/web.sock")",
        .expands = true},
    Key{.path = "check.exec",
        .form = Form::argv,
        .text = "This program, run as the unit's user in its environment, exits with 0",
        .fallback = "",
        .example = R"(["/usr/bin/pg_isready", "-q"])",
        .expands = true},
    Key{.path = "check.every",
        .form = Form::duration,
        .text = "How often it is asked. Until it has passed for the first time in a run, it is "
                "asked every second if that is more often",
        .fallback = R"("10s")",
        .example = R"("5s")",
        .minimum = 0.01,
        .maximum = 86'400},
    Key{.path = "check.timeout",
        .form = Form::duration,
        .text = "A try that takes longer has failed",
        .fallback = R"("2s")",
        .example = R"("500ms")",
        .minimum = 0.001,
        .maximum = 3600},
    Key{.path = "check.failures",
        .form = Form::integer,
        .text = "So many failures in a row make the check fail",
        .fallback = "3",
        .example = "5",
        .minimum = 1,
        .maximum = 1000},
    Key{.path = "check.successes",
        .form = Form::integer,
        .text = "So many successes in a row make a check that has failed pass again",
        .fallback = "1",
        .example = "2",
        .minimum = 1,
        .maximum = 1000},
    Key{.path = "check.start-after",
        .form = Form::duration,
        .text = "How long after the run became ready it is asked for the first time",
        .fallback = R"("0s")",
        .example = R"("10s")",
        .maximum = 86'400},
    Key{.path = "check.start-timeout",
        .form = Form::duration,
        .text = "For so long after that, failures do not count, until the check has passed for the "
                "first time in the run",
        .fallback = R"("30s")",
        .example = R"("2min")",
        .maximum = 86'400},
    Key{.path = "check.on-failure",
        .form = Form::choice,
        .text = "What follows when it fails: the run is ended and has failed, so that [restart] "
                "decides (restart); it is ended and fails for good until someone starts the unit "
                "(stop); its status says that it is degraded (degrade); only the check's own "
                "state and the events tell (ignore)",
        .fallback = R"("restart")",
        .example = R"("degrade")",
        .choices = "restart|stop|degrade|ignore"},

    Key{.path = "watchdog.every",
        .form = Form::duration,
        .text = "It sends WATCHDOG=1 to the socket that NOTIFY_SOCKET names at least this often, "
                "as sd_notify(3) does; WATCHDOG_USEC and WATCHDOG_PID tell it so. A run that is "
                "ready and does not has failed",
        .fallback = "",
        .example = R"("10s")",
        .applies = Applies::restart,
        .minimum = 0.01,
        .maximum = 86'400},
    Key{.path = "watchdog.signal",
        .form = Form::signal,
        .text = "What a run that failed its watchdog is sent before the signals of [stop], each "
                "with their time to end",
        .fallback = R"("SIGABRT")",
        .example = R"("SIGQUIT")"},
};

inline constexpr std::array notify_keys{
    Key{.path = "stop-on-supervisor-exit",
        .form = Form::boolean,
        .text =
            "Whether the kernel sends the first of stop.signals to the main process when superd "
            "itself dies, by SIGKILL, say. Otherwise units live on, and the next superd takes "
            "them over. Other processes of the unit are the main process's to end, or the next "
            "superd's. A set-user-ID program loses this when it is executed",
        .fallback = "false",
        .example = "true",
        .applies = Applies::restart},
    Key{.path = "extend-max",
        .form = Form::duration,
        .text = "The longest that the service may put off a deadline of its start, its stop or "
                "its watchdog, by EXTEND_TIMEOUT_USEC of sd_notify(3); \"0s\": not at all",
        .fallback = R"("10min")",
        .example = R"("1h")",
        .maximum = 86'400},
    Key{.path = "fd-store-max",
        .form = Form::integer,
        .text =
            "How many descriptors superd keeps for it from run to run, as it asks by FDSTORE=1 "
            "of sd_notify(3). The next run gets them as LISTEN_FDS and LISTEN_FDNAMES say. They "
            "are closed when the unit is stopped",
        .fallback = "0",
        .example = "4",
        .applies = Applies::restart,
        .minimum = 0,
        .maximum = 128},
};

}  // namespace superd::config
