// Why what has no place in superd has none.
#include "ctl/import/systemd.hpp"

#include <algorithm>
#include <array>

namespace superctl::importing {

namespace {

struct Reason {
    std::string_view prefix;  // Of the key.
    std::string_view text;
    Weight weight = Weight::lost;
};

constexpr std::string_view confined = "superd does not confine what it runs";
constexpr std::string_view scheduled = "superd does not set how the kernel schedules a unit";
constexpr std::string_view accounted = "superd counts what each unit uses";
constexpr std::string_view condition =
    "superd starts it whatever is there; hooks.pre-start may test for it, and fail";

// The first whose prefix fits.
constexpr std::array reasons{
    Reason{"Condition", condition},
    Reason{"Assert", condition},
    Reason{"Private", confined},
    Reason{"Protect", confined},
    Reason{"Restrict", confined},
    Reason{"ReadOnly", confined},
    Reason{"ReadWrite", confined},
    Reason{"Inaccessible", confined},
    Reason{"ExecPaths", confined},
    Reason{"NoExecPaths", confined},
    Reason{"Bind", confined},
    Reason{"TemporaryFileSystem", confined},
    Reason{"Capabilit", confined},
    Reason{"AmbientCapabilities", confined},
    Reason{"NoNewPrivileges", confined},
    Reason{"SecureBits", confined},
    Reason{"SystemCall", confined},
    Reason{"MemoryDenyWriteExecute", confined},
    Reason{"LockPersonality", confined},
    Reason{"Device", confined},
    Reason{"IPAddress", confined},
    Reason{"AppArmorProfile", confined},
    Reason{"SELinuxContext", confined},
    Reason{"SmackProcessLabel", confined},
    Reason{"KeyringMode", confined},
    Reason{"ProcSubset", confined},
    Reason{"RemoveIPC", confined},
    Reason{"MountFlags", confined},
    Reason{"Root", "superd runs what it sees itself, with its own root directory"},
    Reason{"DynamicUser", "superd makes no accounts; make one, and set user"},
    Reason{"SupplementaryGroups", "a unit has the groups that its user has"},
    Reason{"Nice", scheduled},
    Reason{"CPUScheduling", scheduled},
    Reason{"CPUAffinity", scheduled},
    Reason{"IOScheduling", scheduled},
    Reason{"NUMA", scheduled},
    Reason{"CPUAccounting", accounted, Weight::remark},
    Reason{"MemoryAccounting", accounted, Weight::remark},
    Reason{"TasksAccounting", accounted, Weight::remark},
    Reason{"IOAccounting", accounted, Weight::remark},
    Reason{"BlockIOAccounting", accounted, Weight::remark},
    Reason{"Slice", "superd gives each unit a control group of its own", Weight::remark},
    Reason{"SyslogIdentifier", "lines are kept under the unit's name", Weight::remark},
    Reason{"SyslogLevel", "lines have the level that their prefix says", Weight::remark},
    Reason{"RequiresMountsFor", "superd mounts nothing, and is started when all is mounted",
           Weight::remark},
    Reason{"OnFailure", "hooks.on-crash runs a program after each failure"},
    Reason{"OnSuccess", "superd starts nothing when another unit has ended"},
    Reason{"Log", "superd keeps all lines"},
    Reason{"Load", "superd hands out no credentials"},
    Reason{"SetCredential", "superd hands out no credentials"},
    Reason{"UnsetEnvironment", "only what env, env-file and pass-env name is there anyway",
           Weight::remark},
    Reason{"SendSIGKILL", "superd kills what does not end"},
    Reason{"StandardInput", "the standard input of a unit is empty"},
    Reason{"TTY", "a unit has no terminal"},
    Reason{"RuntimeMaxSec", "superd lets a service run as long as it does; see recycle.after"},
    Reason{"Sockets", "name the socket's file too", Weight::remark},
    Reason{"X-", "it is for another program", Weight::remark},
};

}  // namespace

void note_left_over(const SystemdUnit& unit, Draft& draft) {
    for (const auto* const each : unit.left_over()) {
        const auto* const reason = std::ranges::find_if(
            reasons, [&](const Reason& known) { return each->key.starts_with(known.prefix); });
        const bool known = reason != reasons.end();
        const bool foreign = each->section.starts_with("X-");
        draft.note(each->place,
                   foreign ? Weight::remark
                   : known ? reason->weight
                           : Weight::lost,
                   quoted_assignment(*each) + ": " +
                       std::string{known ? reason->text : "superd has nothing like it"});
    }
}

}  // namespace superctl::importing
