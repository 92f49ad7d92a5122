// The keys of [log]: a part of the table in schema_unit.cpp, and of that of superd.toml.
#pragma once

#include "config/schema.hpp"

#include <array>

namespace superd::config {

inline constexpr std::array log_keys{
    Key{.path = "log.format",
        .form = Form::choice,
        .text = "How lines are kept: as text, or as one JSON object a line",
        .fallback = R"("text")",
        .example = R"("json")",
        .choices = "text|json"},
    Key{.path = "log.when-full",
        .form = Form::choice,
        .text = "When lines come faster than the disk takes them: drop them, counted and told, or "
                "block the unit until there is room",
        .fallback = R"("drop")",
        .example = R"("block")",
        .choices = "drop|block"},
    Key{.path = "log.compress",
        .form = Form::boolean,
        .text = "Whether rotated files are compressed with zstd",
        .fallback = "true",
        .example = "false"},
    Key{.path = "log.foreground",
        .form = Form::boolean,
        .text = "Whether superd prints a copy of the lines, with the unit's name before them. Not "
                "of lines that journald gets, when superd's own output goes there too",
        .fallback = "true",
        .example = "false"},
    Key{.path = "log.foreground-format",
        .form = Form::choice,
        .text = "How that copy looks: as text, or as one JSON object a line, as for format",
        .fallback = R"("text")",
        .example = R"("json")",
        .choices = "text|json"},
    Key{.path = "log.target",
        .form = Form::choice,
        .text =
            "Where lines go: to superd's files; to both these and systemd's journal; or to the "
            "journal, and then superd keeps only the newest of them, up to 256 KiB in one file, "
            "for superctl logs and for death records. Without a journald that takes them, "
            "\"journald\" is as \"both\": nothing is lost",
        .fallback = R"("file")",
        .example = R"("journald")",
        .choices = "file|journald|both"},
    Key{.path = "log.max-size",
        .form = Form::size,
        .text = "A log file that has grown to this size is rotated",
        .fallback = R"("10MiB")",
        .example = R"("100MiB")",
        .minimum = 4096,
        .maximum = 1e15,
        .instead = "write a large size such as \"100GiB\""},
    Key{.path = "log.max-age",
        .form = Form::duration,
        .text =
            "A file that has been written to for this long is rotated; \"0s\": none is for its age",
        .fallback = R"("7d")",
        .example = R"("30d")",
        .maximum = 36'500 * 86'400.0,
        .instead = "write \"0s\" for no limit"},
    Key{.path = "log.keep",
        .form = Form::integer,
        .text = "How many rotated files are kept",
        .fallback = "5",
        .example = "20",
        .minimum = 0,
        .maximum = 1000},
    Key{.path = "log.tail",
        .form = Form::integer,
        .text = "How many of the last lines of a run its death record has",
        .fallback = "20",
        .example = "50",
        .minimum = 0,
        .maximum = 200},
};

}  // namespace superd::config
