#include "config/schema.hpp"
#include "config/schema_hooks.hpp"
#include "config/schema_hosted.hpp"
#include "config/schema_limits.hpp"
#include "config/schema_listen.hpp"
#include "config/schema_liveness.hpp"
#include "config/schema_log.hpp"
#include "config/schema_renewal.hpp"
#include "config/schema_timer.hpp"
#include "core/spec.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace superd::config {

namespace {

using enum Form;
using enum Applies;

constexpr double day = 86'400;

constexpr std::array keys{
    Key{.path = "description",
        .form = text,
        .text = "One line for people: what this is",
        .fallback = R"("")",
        .example = R"("Shop front")"},
    Key{.path = "type",
        .form = choice,
        .text =
            "A service runs until it is stopped. A oneshot runs to its end: an exit with success "
            "completes it, and it is not started again before [timer] says so. A group runs "
            "nothing itself: it is what "
            "its members are, and only the keys at the top that say so, and [depends], mean "
            "something for it",
        .fallback = R"("service")",
        .example = R"("oneshot")",
        .applies = restart,
        .choices = "service|oneshot|group"},
    Key{.path = "members",
        .form = texts,
        .text = "Of a group, and required there: its units, in order. What is asked of the group "
                "is asked of them; what the group depends on, they depend on; it is ready when "
                "they are. Whether they start by themselves, the group's autostart says",
        .fallback = "[]",
        .example = R"(["db", "cache"])"},
    Key{.path = "strategy",
        .form = choice,
        .text = "Of a group: who is started again when a member is. one-for-one: that one alone. "
                "one-for-all: all, once all are down. rest-for-one: that one and those after it, "
                "once these are down; the members are then started in order, and stopped in "
                "reverse",
        .fallback = R"("one-for-one")",
        .example = R"("rest-for-one")",
        .choices = "one-for-one|one-for-all|rest-for-one"},
    Key{.path = "intensity",
        .form = rate,
        .text = "Of a group: the most restarts of members within a time. With one more the group "
                "has failed: as a member of another group it is started again as a whole, if "
                "that group's intensity allows; otherwise all of it stops until someone starts "
                "or resets it. Without it, there is no limit",
        .fallback = "",
        .example = R"("5 in 1min")",
        .minimum = 1,
        .maximum = 64},
    Key{.path = "significant",
        .form = texts,
        .text = "Of a group: when one of these members ends with success and is not started "
                "again, the other members are stopped, and the group is completed",
        .fallback = "[]",
        .example = R"(["db"])"},
    Key{.path = "essential",
        .form = boolean,
        .text = "When it is lost for good, that is, failed, or ended by itself without being "
                "started again, superd stops everything and exits with its exit code",
        .fallback = "false",
        .example = "true"},
    Key{.path = "exec",
        .form = argv,
        .text =
            "The program and its arguments, never read by a shell. A name without a slash is "
            "looked up in the unit's PATH when the configuration is loaded; any other program is "
            "an absolute path",
        .fallback = "",
        .example = R"(["/usr/bin/node", "server.js", "--port", "${PORT}"])",
        .applies = restart,
        .required = true,
        .expands = true},
    Key{.path = "env",
        .form = environment,
        .text = "Variables of the unit's environment. They win over env-file, which wins over "
                "pass-env, which wins over what user sets",
        .fallback = "{}",
        .example = R"({ PORT = "8080", DATA = "/srv/shop" })",
        .applies = restart,
        .expands = true},
    Key{.path = "env-file",
        .form = texts,
        .text =
            "Files of NAME=value lines to read into the environment, in this order, by absolute "
            "path. A file whose path has a - before it may be missing",
        .fallback = "[]",
        .example = R"(["/etc/shop/web.env", "-/etc/shop/local.env"])",
        .applies = restart},
    Key{.path = "pass-env",
        .form = texts,
        .text = "Names of variables to take from superd's own environment; those that superd does "
                "not have are left out. Nothing else of superd's environment reaches a unit",
        .fallback = "[]",
        .example = R"(["LANG", "TZ"])",
        .applies = restart},
    Key{.path = "instances",
        .form = instances,
        .text = "How many processes of this unit run side by side, as web/0, web/1 and so on. "
                "\"cores\": as many as superd may use processors, by its CPU affinity and by the "
                "quotas (rounded up) of its control groups, as found when the configuration is "
                "read",
        .fallback = "1",
        .example = "\"cores\"",
        .minimum = 1,
        .maximum = core::UnitSpec::instances_max},
    Key{.path = "user",
        .form = account,
        .text =
            "Who runs it: a user's name or number. It sets HOME, USER, LOGNAME and SHELL, and the "
            "supplementary groups. Without it, superd's own user",
        .fallback = "",
        .example = R"("shop")",
        .applies = restart},
    Key{.path = "group",
        .form = account,
        .text = "Its group: a name or a number. Without it, the user's first group",
        .fallback = "",
        .example = R"("www-data")",
        .applies = restart},
    Key{.path = "directory",
        .form = text,
        .text = "The working directory, an absolute path",
        .fallback = R"("/")",
        .example = R"("/srv/shop")",
        .applies = restart,
        .expands = true},
    Key{.path = "umask",
        .form = mode,
        .text = "The permissions that new files do not get, as an octal number in a string",
        .fallback = R"("0022")",
        .example = R"("0027")",
        .applies = restart},

    Key{.path = "depends.needs",
        .form = texts,
        .text =
            "Units that are started first and must be ready before this one starts. When one of "
            "them is lost for good, this one stops too, and comes back with it",
        .fallback = "[]",
        .example = R"(["db"])"},
    Key{.path = "depends.wants",
        .form = texts,
        .text =
            "Units that are started along; this one neither waits for them nor minds their failure",
        .fallback = "[]",
        .example = R"(["cache"])"},
    Key{.path = "depends.after",
        .form = order,
        .text =
            "Order only: if these are wanted too, wait until they are ready. A table says how far "
            "a unit must have come: started, ready or, for a oneshot, completed",
        .fallback = "[]",
        .example = R"(["net", { unit = "migrate", when = "completed" }])"},
    Key{.path = "restart.policy",
        .form = choice,
        .text =
            "Whether to start it again when it ended by itself: always, after a failure, or never",
        .fallback = R"("on-failure")",
        .example = R"("always")",
        .choices = "always|on-failure|never"},
    Key{.path = "restart.delay",
        .form = duration,
        .text = "How long the first retry waits, unless the run was stable: then it is immediate",
        .fallback = R"("100ms")",
        .example = R"("0s")",
        .maximum = day},
    Key{.path = "restart.max-delay",
        .form = duration,
        .text = "The longest wait that the delay grows to",
        .fallback = R"("30s")",
        .example = R"("5min")",
        .maximum = day},
    Key{.path = "restart.factor",
        .form = number,
        .text = "Each further retry waits this many times longer than the one before",
        .fallback = "2.0",
        .example = "1.5",
        .minimum = 1,
        .maximum = 100},
    Key{.path = "restart.jitter",
        .form = number,
        .text = "Each wait is made longer or shorter by chance, by up to this share of it, so that "
                "units that fell together do not rise together",
        .fallback = "0.1",
        .example = "0.5",
        .minimum = 0,
        .maximum = 1},
    Key{.path = "restart.stable-after",
        .form = duration,
        .text = "A run at least this long makes the delay begin anew",
        .fallback = R"("10s")",
        .example = R"("1min")",
        .maximum = day},
    Key{.path = "restart.limit",
        .form = rate,
        .text =
            "The most restarts within a time. Without it, there is no limit but the delay's growth",
        .fallback = "",
        .example = R"("10 in 1min")",
        .minimum = 1,
        .maximum = 64},
    Key{.path = "restart.on-limit",
        .form = choice,
        .text =
            "What happens when there were too many restarts: wait until the time has passed and "
            "go on; fail, which is for good until someone starts or resets the unit; escalate, "
            "which has the unit's group fail at once, whatever its intensity",
        .fallback = R"("wait")",
        .example = R"("fail")",
        .choices = "wait|fail|escalate"},
    Key{.path = "restart.success-codes",
        .form = exits,
        .text = "The exit codes, and signals by name, that are no failure. This is the whole list: "
                "write 0 too if it is one of them",
        .fallback = "[0]",
        .example = R"([0, 3, "SIGUSR1"])"},
    Key{.path = "restart.never-on",
        .form = exits,
        .text = "After these there is no restart, whatever the policy",
        .fallback = "[]",
        .example = "[78]"},
    Key{.path = "restart.always-on",
        .form = exits,
        .text = "After these there is a restart, whatever the policy",
        .fallback = "[]",
        .example = R"([75, "SIGHUP"])"},
    Key{.path = "ready.notify",
        .form = notify,
        .text =
            "It sends READY=1 to the socket that NOTIFY_SOCKET names, as sd_notify(3) does: true "
            "takes that from the main process, \"tree\" from any process of the run",
        .fallback = "",
        .example = "true",
        .applies = restart},
    Key{.path = "ready.fd",
        .form = integer,
        .text = "It writes a line to this descriptor, which superd opened for it",
        .fallback = "",
        .example = "3",
        .applies = restart,
        .minimum = 3,
        .maximum = 255},
    Key{.path = "ready.tcp",
        .form = text,
        .text = "It accepts a connection at this address: a literal or localhost, and a port",
        .fallback = "",
        .example = R"("127.0.0.1:5432")",
        .expands = true},
    Key{.path = "ready.unix",
        .form = text,
        .text = "It accepts a connection at this socket, an absolute path",
        .fallback = "",
        .example = R"("/run/shop/web.sock")",
        .expands = true},
    Key{.path = "ready.http",
        .form = text,
        .text = "It answers a GET of this address with a status from 200 to 399",
        .fallback = "",
        .example = R"("http://127.0.0.1:8080/healthz")",
        .expands = true},
    Key{.path = "ready.exec",
        .form = argv,
        .text =
            "This program, run as the unit's user in its environment, exits with 0; it may take "
            "until timeout to do so, and is tried again when it exits with anything else",
        .fallback = "",
        .example = R"(["/usr/bin/pg_isready", "-q"])",
        .expands = true},
    Key{.path = "ready.log",
        .form = text,
        .text = "It prints a line that this regular expression (RE2 syntax) is found in",
        .fallback = "",
        .example = R"("listening on port [0-9]+")",
        .applies = restart,
        .expands = true},
    Key{.path = "ready.delay",
        .form = duration,
        .text = "It has run for this long",
        .fallback = "",
        .example = R"("2s")",
        .maximum = day},
    Key{.path = "ready.timeout",
        .form = duration,
        .text = "A run that is not ready within this time has failed",
        .fallback = R"("20s")",
        .example = R"("2min")",
        .minimum = 0.001,
        .maximum = day},
    Key{.path = "ready.every",
        .form = duration,
        .text = "How often tcp, unix, http and exec are tried; at first they are tried faster",
        .fallback = R"("100ms")",
        .example = R"("1s")",
        .minimum = 0.001,
        .maximum = 3600},
    Key{.path = "stop.signals",
        .form = steps,
        .text =
            "How to stop it: signals, each with how long to wait for the end of its processes "
            "before the next one is sent. A signal alone waits 10s. If the last is not SIGKILL, "
            "[\"SIGKILL\", \"5s\"] is added",
        .fallback = R"([["SIGTERM", "10s"], ["SIGKILL", "5s"]])",
        .example = R"([["SIGQUIT", "30s"], "SIGTERM", ["SIGKILL", "2s"]])"},
};

constexpr auto all_keys = [] {
    std::array<Key, notify_keys.size() + listen_keys.size() + hosted_keys.size() + keys.size() +
                        limit_keys.size() + log_keys.size() + hook_keys.size() +
                        liveness_keys.size() + renewal_keys.size() + timer_keys.size()>
        all{};
    constexpr auto at_top = [](const Key& key) { return !key.path.contains('.'); };
    auto end = std::ranges::copy_if(keys, all.begin(), at_top).out;
    end = std::ranges::copy(listen_keys, end).out;
    end = std::ranges::copy(hosted_keys, end).out;
    end = std::ranges::copy(notify_keys, end).out;
    end = std::ranges::copy_if(keys, end, std::not_fn(at_top)).out;
    end = std::ranges::copy(limit_keys, end).out;
    end = std::ranges::copy(log_keys, end).out;
    end = std::ranges::copy(hook_keys, end).out;
    end = std::ranges::copy(liveness_keys, end).out;
    end = std::ranges::copy(renewal_keys, end).out;
    std::ranges::copy(timer_keys, end);
    return all;
}();

}  // namespace

const Schema& unit_schema() {
    static constexpr Schema schema{"superd.unit", "superd.unit(5)", all_keys, "check"};
    return schema;
}

}  // namespace superd::config
