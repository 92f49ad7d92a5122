// The keys of [timer]: a part of the table in schema_unit.cpp.
#pragma once

#include "config/schema.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array timer_keys{
    Key{.path = "timer.every",
        .form = Form::duration,
        .text = "It runs in this interval, counted from one due moment to the next on a clock that "
                "nobody sets and that stands still while the machine sleeps; first this long after "
                "superd has met it",
        .fallback = "",
        .example = R"("1h")",
        .minimum = 0.01,
        .maximum = 365.0 * 86'400},
    Key{.path = "timer.at",
        .form = Form::moments,
        .text = "It runs at these moments of the calendar: hourly :MM, daily HH:MM, weekly DAYS "
                "HH:MM or DAYS HH:MM, where DAYS is mon, mon,thu or mon..fri, and monthly N HH:MM, "
                "where N is 1 to 31 or last; a month without such a day is passed over. Seconds "
                "may follow, HH:MM:SS",
        .fallback = "",
        .example = R"(["daily 03:00", "mon..fri 12:30"])"},
    Key{.path = "timer.zone",
        .form = Form::choice,
        .text = "Whose clocks at is read from: those of the machine's time zone, or UTC",
        .fallback = R"("local")",
        .example = R"("utc")",
        .choices = "local|utc"},
    Key{.path = "timer.jitter",
        .form = Form::duration,
        .text = "Each run is put off by chance, up to this long, so that many machines do not all "
                "do it at once",
        .fallback = R"("0s")",
        .example = R"("5min")",
        .maximum = 86'400},
    Key{.path = "timer.catch-up",
        .form = Form::boolean,
        .text = "Whether a run that was missed by more than a minute, because superd was down or "
                "the machine slept or was off, is made up for as soon as possible; several that "
                "were missed are one. It is remembered in superd's state directory",
        .fallback = "false",
        .example = "true"},
    Key{.path = "timer.on-start",
        .form = Form::boolean,
        .text = "Whether it also runs whenever superd starts it, at boot for one",
        .fallback = "false",
        .example = "true"},
    Key{.path = "timer.overlap",
        .form = Form::choice,
        .text = "What happens when a run is due and the one before is not over: skip passes the "
                "new one over; queue has it follow at once, and no more than one waits; kill "
                "stops the old one as [stop] says and starts the new one",
        .fallback = R"("skip")",
        .example = R"("queue")",
        .choices = "skip|queue|kill"},
};

}  // namespace superd::config
