// The keys of a unit that say how and when runs that are well are replaced: a
// part of the table in schema_unit.cpp.
#pragma once

#include "config/schema.hpp"
#include "core/spec.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array renewal_keys{
    Key{.path = "rolling.batch",
        .form = Form::integer,
        .text = "How many instances are replaced at once in a rolling restart",
        .fallback = "1",
        .example = "2",
        .minimum = 1,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "rolling.surge",
        .form = Form::surge,
        .text = "true: the new process of an instance is started beside the old one, which is "
                "stopped when the new one is ready, and goes on if that fails. A number: likewise, "
                "with so many processes beside the others at most. false, or 0: an instance is "
                "stopped before it is started again, as it must be when it owns something that "
                "two cannot share. By default true where superd holds the unit's sockets "
                "([listen]) and [ready] is none of tcp, unix and http; else false",
        .fallback = "",
        .example = "true",
        .minimum = 0,
        .maximum = core::UnitSpec::instances_max},

    Key{.path = "recycle.after",
        .form = Form::duration,
        .text = "An instance whose process is as old as this is replaced; \"0s\": none is for its "
                "age",
        .fallback = R"("0s")",
        .example = R"("24h")",
        .maximum = 86'400.0 * 36'500},
    Key{.path = "recycle.jitter",
        .form = Form::number,
        .text = "The age is longer or shorter by up to this share of it, another one for each "
                "process, so that those that were started together are not replaced together",
        .fallback = "0.1",
        .example = "0.25",
        .minimum = 0,
        .maximum = 1},
    Key{.path = "recycle.memory",
        .form = Form::size,
        .text = "An instance that uses more memory than this is replaced: what its main process "
                "and all that this started have resident. It is looked at every two seconds",
        .fallback = "",
        .example = R"("512MiB")",
        .minimum = 1024 * 1024,
        .maximum = 1e15},
    Key{.path = "recycle.exits",
        .form = Form::exits,
        .text = "By these exit codes a service asks to be started again. That is no failure: it is "
                "started at once, whatever the policy of [restart], and not counted against its "
                "limit. One that asks within a second of its start waits as [restart] says",
        .fallback = "[]",
        .example = "[75]"},
};

}  // namespace superd::config
