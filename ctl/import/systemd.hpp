// Units of systemd: services, with the sockets and timers that start them.
#pragma once

#include "ctl/import/draft.hpp"
#include "ctl/import/systemd_file.hpp"

#include <map>
#include <string>
#include <vector>

namespace superctl::importing {

// Files NAME.service, NAME.socket and NAME.timer, and drop-ins NAME.service.d/*.conf. Other units
// are told of, as are those that none of the files describes.
Translation translate_systemd(const std::vector<InputFile>& files);

// What the parts of a translation share.
struct SystemdContext {
    std::map<std::string, SystemdUnit> units;     // By name: "web.service".
    std::map<std::string, std::string> services;  // "web.socket" → "web.service".
    // The draft's name for a unit that is translated; empty for one that is not.
    std::string target(const std::string& unit) const;
};

// [Unit] and [Install] of a service.
void translate_systemd_relations(const SystemdContext& context, const SystemdUnit& unit,
                                 Draft& draft);
// [Service]. False: there is nothing to run.
bool translate_systemd_service(const SystemdUnit& unit, Draft& draft);
// How it ends and is started again.
void translate_systemd_restart(const SystemdUnit& unit, Draft& draft);
// Which of its ends are failures, and what is restarted whatever the policy says.
void translate_systemd_exits(const SystemdUnit& unit, Draft& draft);
// ExecStart= and all that is run around it; false: there is nothing to run.
bool translate_systemd_commands(const SystemdUnit& unit, Draft& draft);
// Its environment, and who runs it where.
void translate_systemd_surroundings(const SystemdUnit& unit, Draft& draft);
// What it may use: [limits].
void translate_systemd_limits(const SystemdUnit& unit, Draft& draft);
// Notes for all that nobody has asked for.
void note_left_over(const SystemdUnit& unit, Draft& draft);

// Adds a socket's listeners, or a timer, to the service that it starts.
void translate_systemd_socket(const SystemdUnit& socket, Draft& draft);
void translate_systemd_timer(const SystemdUnit& timer, Draft& draft);

// "WatchdogSec=30": how notes name what they are about.
std::string quoted_assignment(const Assignment& assignment);

}  // namespace superctl::importing
