#include "config/manual.hpp"
#include "config/manual_keys.hpp"

namespace superd::config {

namespace {

constexpr std::string_view head = R"(.TH SUPERD.TOML 5 2026-11-23 superd "File Formats"
.SH NAME
superd.toml \- settings of superd(8) itself
.SH SYNOPSIS
.I CONFIG/superd.toml
.SH DESCRIPTION
The file superd.toml in the configuration directory sets what superd does for all units.
It may be missing, and so may each of its keys.
The units are beside it, in the directory
.IR units ,
see
.BR superd.unit (5),
which also explains durations and sizes, and how mistakes are told.
.SH EXAMPLES
Members of the group adm may look, and logs are small:
.PP
.in +4n
.nf
[supervisor]
shutdown\-timeout = "30s"

[control]
readers = ["@adm"]

[log]
max\-size = "1MiB"
keep = 3

[variables]
DOMAIN = "shop.example"
.fi
.in
.SH KEYS
A change that is live takes effect with
.BR "superctl reload" .
)";

constexpr std::string_view log_text =
    "The defaults for every unit. A unit's own [log] changes them key by key.\n";

constexpr std::string_view end = R"(.SH PROFILES
One configuration may serve several places: what differs is in
.IR CONFIG/profiles/NAME ,
which has the same files as the configuration itself: superd.toml, units/NAME.toml and
units/NAME.d/*.toml, each of which may be missing.
Nothing of it is read unless the profile is in force, by
.I profiles
above or by
.B superd \-\-profile NAME
(several times, for several).
.PP
A profile's superd.toml is laid over superd.toml, and its units/web.toml over the unit web,
after the drop\-ins in units/web.d, as these are (see DROP\-INS in
.BR superd.unit (5));
its units/web.d come last.
Later profiles win over earlier ones.
A file for a unit that is not there otherwise is a unit of the profile alone.
.PP
.B superctl status NAME
tells which files a unit is made of,
.B superctl check \-\-profile NAME
looks for mistakes, and
.B superctl plan
tells what a change of
.I profiles
would do.
.SH FILES
.TP
.I share/superd/schema/superd.schema.json
This page's keys as JSON Schema, for editors; below the directory that superd is installed in.
.SH SEE ALSO
.BR superd (8),
.BR superctl (1),
.BR superd.unit (5)
)";

}  // namespace

std::string settings_manual() {
    const auto& schema = settings_schema();
    std::string page{head};
    for (const auto section : schema.sections()) {
        page += section.empty() ? ".SS At the top\n" : ".SS [" + std::string{section} + "]\n";
        if (section == "log") page += log_text;
        page += section_reference(schema, section);
    }
    page += end;
    return wrapped(page);
}

}  // namespace superd::config
