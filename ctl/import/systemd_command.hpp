// ExecStart= and its kin: systemd.service(5), "Command lines".
#pragma once

#include "ctl/import/command.hpp"
#include "ctl/import/systemd_file.hpp"

namespace superctl::importing {

struct SystemdCommand {
    CommandLine line;
    bool privileged = false;  // + or !: not as the unit's user.
    std::string argv0;        // @: what the program is told it is called.
    std::string problem;      // What could not be understood.
    // "kill -HUP $MAINPID": the signal's name; else empty.
    std::string signal;
};

SystemdCommand parse_systemd_command(std::string_view text, const SystemdName& name);

}  // namespace superctl::importing
