// The keys of a unit whose code superd runs itself: a part of the table in schema_unit.cpp.
#pragma once

#include "config/schema.hpp"
#include "core/spec.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array hosted_keys{
    Key{.path = "module",
        .form = Form::text,
        .text =
            "In place of exec: code that superd's worker processes run. Of C++ a shared object, "
            "by its absolute path or by a name that ld.so(8) looks up; of Python \"app:handler\", "
            "found as import finds it, from directory and PYTHONPATH",
        .fallback = "",
        .example = R"("/usr/lib/shop/libshop.so")",
        .applies = Applies::restart,
        .expands = true},
    Key{.path = "language",
        .form = Form::choice,
        .text = "What the module is written in",
        .fallback = R"("c++")",
        .example = R"("python")",
        .applies = Applies::restart,
        .choices = "c++|python"},
    Key{.path = "model",
        .form = Form::choice,
        .text = "How a worker runs it. processes: the worker is the module's own. threads: each "
                "connection has one of a pool of threads. coroutines: all connections share one "
                "event loop",
        .fallback = R"("coroutines")",
        .example = R"("threads")",
        .applies = Applies::restart,
        .choices = "processes|threads|coroutines"},
    Key{.path = "workers",
        .form = Form::workers,
        .text =
            "How many worker processes: a number; \"cores\", as for instances; or a table of min, "
            "max, spare and idle-timeout, between which superd chooses: it adds workers while "
            "fewer than spare have nothing to do, or when connections have waited, or all have "
            "been busy, for a second, and stops those that nobody has needed for idle-timeout. "
            "With min = 0 the last one stops too, and the next connection starts it again",
        .fallback = "1",
        .example = R"({ min = 0, max = 8, spare = 1, idle-timeout = "60s" })",
        .minimum = 1,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "threads",
        .form = Form::integer,
        .text = "Of model threads: how many threads a worker has",
        .fallback = "16",
        .example = "64",
        .applies = Applies::restart,
        .minimum = 1,
        .maximum = 256},
    Key{.path = "loop",
        .form = Form::choice,
        .text = "Of model coroutines in Python: what turns the loop",
        .fallback = R"("asyncio")",
        .example = R"("gevent")",
        .applies = Applies::restart,
        .choices = "asyncio|gevent"},
    Key{.path = "python",
        .form = Form::text,
        .text = "Of a Python module: the interpreter, by absolute path or by a name in the unit's "
                "PATH. That of a virtual environment has the packages of that environment",
        .fallback = R"("python3")",
        .example = R"("/srv/shop/venv/bin/python")",
        .applies = Applies::restart,
        .expands = true},
    Key{.path = "preload",
        .form = Form::boolean,
        .text =
            "Whether workers are forked from a template: a process that has loaded the module, run "
            "its preload, and waits. Such a worker starts in milliseconds and shares the memory "
            "of what is loaded. Until the template is ready, and when it has ended, workers are "
            "executed; so are those of a unit with ${INSTANCE} in module or directory, or with "
            "stop-on-supervisor-exit. There is a new template when the unit, or the module's own "
            "file, has changed, and at each superctl restart",
        .fallback = "false",
        .example = "true",
        .applies = Applies::restart},
    Key{.path = "cpus",
        .form = Form::cpus,
        .text =
            "Which processors workers run on. \"each\": one for each worker, of those that superd "
            "may use, in turn. An array: the first worker runs on the first of these, and so "
            "on, in turn. Without it, where the kernel sees fit",
        .fallback = "",
        .example = "[0, 2]",
        .applies = Applies::restart},
    Key{.path = "stall-warn",
        .form = Form::duration,
        .text = "A loop or thread that gives no sign of life for so long is told of as a warning; "
                "\"0s\": never",
        .fallback = R"("250ms")",
        .example = R"("1s")",
        .maximum = 86'400,
        .instead = "write \"0s\" for never"},
    Key{.path = "stall-timeout",
        .form = Form::duration,
        .text = "After so long it is stalled, and on-stall says what is done; \"0s\": never",
        .fallback = R"("5s")",
        .example = R"("30s")",
        .maximum = 86'400,
        .instead = "write \"0s\" for never"},
    Key{.path = "task-timeout",
        .form = Form::duration,
        .text = "One task may take so long. A coroutine is cancelled then; for a thread or a "
                "process on-stall says what is done. \"0s\": any time",
        .fallback = R"("0s")",
        .example = R"("1min")",
        .applies = Applies::restart,
        .maximum = 86'400,
        .instead = "write \"0s\" for any time"},
    Key{.path = "on-stall",
        .form = Form::choice,
        .text =
            "What is done about a worker that has stalled. log: it is told. trace: with what runs "
            "there, and its stack. replace: besides, it gets no new connections, another one "
            "is started, and when that is ready it is stopped as [stop] says, with SIGABRT before "
            "the last signal. kill: it is killed at once, and [restart] says what follows",
        .fallback = R"("trace")",
        .example = R"("replace")",
        .choices = "log|trace|replace|kill"},
    Key{.path = "drain-timeout",
        .form = Form::duration,
        .text =
            "How long a worker that is to stop may take to end what it has begun. It is the time "
            "of SIGTERM where stop.signals is not set",
        .fallback = R"("30s")",
        .example = R"("2min")",
        .applies = Applies::restart,
        .minimum = 0.001,
        .maximum = 86'400},
    Key{.path = "max-tasks",
        .form = Form::integer,
        .text = "After so many connections or tasks a worker is replaced, never two of a unit at "
                "once; 0: never",
        .fallback = "0",
        .example = "100000",
        .applies = Applies::restart,
        .minimum = 0,
        .maximum = 2'000'000'000},
    Key{.path = "config",
        .form = Form::table,
        .text = "What the module is told: any values, as it is written to understand them",
        .fallback = "{}",
        .example = R"({ greeting = "hello" })",
        .applies = Applies::restart,
        .expands = true},
};

}  // namespace superd::config
