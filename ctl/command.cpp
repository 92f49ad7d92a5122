#include "ctl/command.hpp"

#include "ctl/verbs.hpp"

#include <algorithm>
#include <array>

namespace superctl {

namespace {

constexpr std::array globals{
    Flag{"--socket", "", Value::path, "PATH", "The control socket of the superd to talk to"},
    Flag{"--runtime-dir", "", Value::path, "DIR",
         "The runtime directory of the superd to talk to; its socket is DIR/control.sock"},
    Flag{"--bus", "", Value::none, "",
         "Reach superd over the system's D-Bus, where polkit decides who may do what"},
    Flag{"--user", "", Value::none, "", "With --bus: over the session's, as your own superd is"},
    Flag{"--json", "", Value::none, "", "Print JSON, as the control API sends it"},
    Flag{"--color", "", Value::choice, "auto|always|never",
         "Use colours; auto: on a terminal, unless NO_COLOR is set"},
    Flag{"--help", "-h", Value::none, "", "Show help, of the verb if there is one"},
};

constexpr Flag all{"--all", "-a", Value::none, "", "Every unit; names are then not given"};
constexpr Flag no_wait{"--no-wait", "", Value::none, "", "Return at once; the action goes on"};
constexpr Flag timeout{"--timeout", "", Value::duration, "TIME",
                       "Wait at most so long: 20s, 1m30s, 500ms; 90s if not given"};
constexpr Flag since{"--since", "", Value::since, "WHEN",
                     "Only what is newer: 10m ago is 10m; or a moment: today, 21:49, "
                     "\"2026-11-23 21:49:35\""};
constexpr Flag follow{"--follow", "-f", Value::none, "",
                      "Go on with what comes, until interrupted"};

constexpr std::array start_flags{
    all, no_wait,
    Flag{"--wait", "", Value::choice, "ready|none", "What to wait for; ready if not given"},
    timeout};
constexpr std::array stop_flags{
    all, no_wait,
    Flag{"--wait", "", Value::choice, "stopped|none", "What to wait for; stopped if not given"},
    timeout};
constexpr std::array scale_flags{
    no_wait,
    Flag{"--wait", "", Value::choice, "ready|none", "What to wait for; ready if not given"},
    Flag{"--reset", "", Value::none, "", "What the unit's file says; numbers are then not given"},
    timeout};
constexpr Flag rolling{"--rolling", "", Value::none, "",
                       "Some instances of a unit after others; the rest stays if one fails"};
constexpr Flag batch{"--batch", "", Value::count, "N",
                     "With --rolling: so many at once; as the unit's file says if not given"};
constexpr std::array restart_flags{
    all,
    rolling,
    batch,
    no_wait,
    Flag{"--wait", "", Value::choice, "ready|none", "What to wait for; ready if not given"},
    timeout};
constexpr std::array apply_flags{rolling, batch, no_wait, timeout};
constexpr Flag now{"--now", "", Value::none, "", "Start or stop them too, and wait for that"};
constexpr std::array enable_flags{
    all, now, Flag{"--reset", "", Value::none, "", "Forget the choice: what the unit's file says"},
    no_wait, timeout};
constexpr std::array disable_flags{all, now, no_wait, timeout};
constexpr std::array top_flags{
    Flag{"--once", "", Value::none, "", "Print one table and end, as where there is no terminal"},
    Flag{"--delay", "-d", Value::duration, "TIME", "Look again after so long; 1s if not given"}};
constexpr std::array reset_flags{all};
constexpr std::array freeze_flags{all, no_wait, timeout};
constexpr std::array logs_flags{
    follow,
    Flag{"--lines", "-n", Value::count, "N", "Begin with the last N lines; 10 if not given"}, since,
    Flag{"--stream", "", Value::choice, "out|err", "Only what came from that stream"},
    Flag{"--raw", "", Value::none, "",
         "Send a terminal all that they wrote, not only text and its colours"}};
constexpr std::array signal_flags{
    all, Flag{"--tree", "-t", Value::none, "", "All processes of the unit, not only the main one"}};
constexpr std::array check_flags{
    Flag{"--config", "-c", Value::path, "DIR", "The configuration directory to check"},
    Flag{"--profile", "-p", Value::text, "NAME,…", "Profiles to lay over it, as superd does"}};
constexpr std::array wait_flags{
    all, Flag{"--ready", "", Value::none, "", "Until all are ready or completed; the default"},
    Flag{"--stopped", "", Value::none, "", "Until no process of theirs is left"}, timeout};
constexpr std::array health_flags{
    Flag{"--liveness", "", Value::none, "",
         "superd answers, and no essential unit has failed for good; of units that are named: none "
         "of these has"},
    Flag{"--readiness", "", Value::none, "",
         "All that is wanted is up, no check fails, superd is not stopping; of units that are "
         "named: these are up; the default"},
    Flag{"--startup", "", Value::none, "",
         "All that starts by itself has come up, whatever checks say; of units that are named: "
         "these have"},
    Flag{"--timeout", "", Value::duration, "TIME",
         "Wait at most so long for superd's answer; 3s if not given"}};
constexpr std::array events_flags{
    follow, since, Flag{"--until", "", Value::since, "WHEN", "Only what is not newer than that"},
    Flag{"--type", "-t", Value::text, "TYPE,…",
         "Only events of these types: state, spawn, spawn-failed, ready, exit, lines, frozen, "
         "thawed, oom, dropped, config, hook, timer, check, rolling, command, superd"}};
constexpr std::array status_flags{
    Flag{"--deaths", "", Value::none, "", "The last eight exits of each, not only the last"}};

constexpr std::array start_examples{
    Example{"start web", "Start web and what it needs, wait until it is ready"},
    Example{"start api --timeout 20s", "All instances of api, at most 20 seconds"}};
constexpr std::array stop_examples{Example{"stop web db", "Stop both, wait until they are down"}};
constexpr std::array restart_examples{
    Example{"restart api/0 --no-wait", "Restart one instance, do not wait"},
    Example{"restart --rolling --batch 2 api",
            "Two instances at a time, each pair ready before "
            "the next"}};
constexpr std::array apply_examples{
    Example{"apply --rolling", "What must be restarted, an instance at a time"}};
constexpr std::array scale_examples{
    Example{"scale web=4", "Four instances of web, whatever its file says"},
    Example{"scale web -1", "One fewer than now: the one with the highest number is stopped"},
    Example{"scale web=cores db=2", "As many as superd may use processors; two of db"},
    Example{"scale --reset web", "As many as its file says"}};
constexpr std::array status_examples{Example{"status", "A table of all units"},
                                     Example{"status web", "All about web"},
                                     Example{"status --deaths web", "And how its last runs ended"},
                                     Example{"status --json", "All about all, for programs"}};
constexpr std::array logs_examples{Example{"logs -f web", "The last lines, and what comes"},
                                   Example{"logs --since 1h --stream err web db",
                                           "What both wrote to standard error in the last hour"}};
constexpr std::array signal_examples{
    Example{"signal HUP web", "Send SIGHUP to web's main process"}};
constexpr std::array check_examples{
    Example{"check --config ./etc", "Every mistake in ./etc, as file:line:column: sentence"},
    Example{"check --config ./etc --profile prod", "The same, with ./etc/profiles/prod over it"}};
constexpr std::array wait_examples{
    Example{"wait web db --timeout 1m", "Until both are ready, at most a minute"}};
constexpr std::array health_examples{
    Example{"health", "Whether all that is wanted is up, as a readiness probe asks"},
    Example{"health --liveness --timeout 1s", "Whether superd is alive, told within a second"},
    Example{"health web @shop", "Whether web and all members of shop are up"}};
constexpr std::array tree_flags{
    Flag{"--reverse", "-r", Value::none, "", "Who depends on them, not on whom they depend"},
    Flag{"--ascii", "", Value::none, "",
         "No box-drawing characters; the default where the locale is not UTF-8"}};
constexpr std::array tree_examples{
    Example{"tree web", "What web needs, and what that needs"},
    Example{"tree --reverse db", "Who is in trouble when db is down"}};
constexpr std::array timeline_flags{
    since, Flag{"--svg", "", Value::path, "FILE", "Draw it into FILE; a browser shows it"}};
constexpr std::array timeline_examples{
    Example{"timeline --since 5m", "The last five minutes"},
    Example{"timeline --svg start.svg", "A drawing of all that is recorded"}};
constexpr std::array threads_flags{
    Flag{"--sort", "", Value::choice, "cpu|wait|time|name",
         "The greatest first; if not given, by instance and process"},
    Flag{"--sample", "", Value::duration, "TIME",
         "Measure for so long, at most 10s; 200ms if not given"}};
constexpr std::array tasks_examples{
    Example{"tasks shop", "What shop's workers do, and whether anything hangs"},
    Example{"tasks shop/1 --json", "One worker, for a program"}};
constexpr std::array threads_examples{
    Example{"threads web", "What each thread of web does"},
    Example{"threads --sort cpu --sample 2s", "Who uses the processors, measured for two seconds"}};
constexpr std::array enable_examples{
    Example{"enable web", "From the next start of superd on, web starts by itself"},
    Example{"enable --now web", "And it starts now"},
    Example{"enable --reset web", "Its file's autostart says so again"}};
constexpr std::array freeze_examples{
    Example{"freeze import", "Nothing of import runs until `superctl thaw import`"}};
constexpr std::array thaw_examples{Example{"thaw import", "It goes on from where it stood"}};
constexpr std::array disable_examples{
    Example{"disable --now web", "Stop web, and do not start it at boot"}};
constexpr std::array top_examples{Example{"top", "All instances; q ends it"},
                                  Example{"top --once web", "What web uses, once"}};
constexpr std::array upgrade_flags{timeout};
constexpr std::array import_flags{
    Flag{"--output", "-o", Value::path, "DIR", "Write DIR/NAME.toml for each unit; print no units"},
    Flag{"--force", "", Value::none, "", "With --output: replace files that are there"}};
constexpr std::array import_examples{
    Example{"import systemd cron.service", "The unit that cron would be, and what is lost"},
    Example{"import compose -o units docker-compose.yml", "A file in units for each service"},
    Example{"import systemd web.socket web.service web.service.d/*.conf",
            "A service with its socket and drop-ins"}};
constexpr std::array timers_examples{
    Example{"timers", "What runs next, and how the last runs ended"},
    Example{"start backup", "Runs backup at once; its timer goes on as it was"},
    Example{"stop backup", "Suspends its timer"}};
constexpr std::array why_examples{
    Example{"why web", "Why web is down, waits, or fails, and what to do about it"}};
constexpr std::array events_examples{
    Example{"events --since 10m web", "What happened to web in the last ten minutes"}};

constexpr std::array table{
    Command{"start", Arguments::units, "NAME…", "Start units and wait until they are ready",
            "Sets the goal of each unit to up. What it needs is started first.", start_flags,
            start_examples, run_start},
    Command{
        "stop", Arguments::units, "NAME…", "Stop units and wait until they are down",
        "Sets the goal of each unit to down; it stays down until it is started again. Units that "
        "need it are stopped before it.",
        stop_flags, stop_examples, run_stop},
    Command{"restart", Arguments::units, "NAME…", "Stop and start units, wait until they are ready",
            "Starts what is not running. With --rolling, a unit's instances are given new "
            "processes one batch after another, and each batch is ready before the next; where "
            "the unit's file says rolling.surge, each new process is ready before its old one is "
            "stopped. When one fails, the rest stays as it is, and the exit code tells.",
            restart_flags, restart_examples, run_restart},
    Command{"scale", Arguments::scalings, "NAME=N…",
            "Change how many instances units have, and wait until they are ready",
            "N is a number, how many more or fewer (+1, -1), cores, or reset; NAME N means the "
            "same as NAME=N. Only instances that come or go notice, the highest numbers go first. "
            "It holds, and superd chooses none, till the file's number changes or superd stops.",
            scale_flags, scale_examples, run_scale},
    Command{"enable", Arguments::units, "NAME…", "Have units start by themselves",
            "Whatever autostart of their files says, at each start of superd and for good: it is "
            "kept in superd's state directory, so new versions of a package and a read-only /etc "
            "do not touch it. What runs stays as it is. A unit with a timer is due from now on; "
            "--now runs it at once.",
            enable_flags, enable_examples, run_enable},
    Command{"disable", Arguments::units, "NAME…", "Have units not start by themselves",
            "They are still started when asked for, or when another unit needs them. What runs "
            "stays as it is; a timer is suspended.",
            disable_flags, disable_examples, run_disable},
    Command{
        "reload",
        Arguments::none,
        "",
        "Read the configuration again, restart nothing",
        "Applies what needs no restart and lists what still waits for `superctl apply`. A mistake "
        "in any file leaves everything as it was.",
        {},
        {},
        run_reload},
    Command{
        "status", Arguments::some_units, "[NAME…]", "Show how units are",
        "Without a name: a table of all units. With names: state and its reason, processes, "
        "memory, processor time, the last exit with its last lines and what it used, and the next "
        "retry of each. JSON has the last eight exits.",
        status_flags, status_examples, run_status},
    Command{
        "list", Arguments::some_units, "[NAME…]", "List the names of units", "", {}, {}, run_list},
    Command{"logs", Arguments::units, "NAME…", "Show what units have written",
            "Lines of several units are merged by time.", logs_flags, logs_examples, run_logs},
    Command{
        "signal", Arguments::signal_and_units, "SIGNAL NAME…", "Send a signal to units",
        "SIGNAL is a name, with or without SIG, or a number. The goal stays as it is: what ends "
        "by the signal is restarted as its unit says.",
        signal_flags, signal_examples, run_signal},
    Command{"check", Arguments::none, "", "Check a configuration without a running superd",
            "Runs `superd --check`.", check_flags, check_examples, run_check},
    Command{"plan",
            Arguments::none,
            "",
            "Show what reload and apply would change",
            "Each unit that changes, each of its keys with what it was and will be as the files "
            "say it, and whether that needs a restart. Values of variables are never shown.",
            {},
            {},
            run_plan},
    Command{"apply", Arguments::none, "", "Read the configuration again, restart what must be",
            "A mistake in any file leaves everything as it was. With --rolling, units are "
            "restarted as `superctl restart --rolling` does, and their new processes waited for.",
            apply_flags, apply_examples, run_apply},
    Command{"wait", Arguments::units, "NAME…", "Wait until units are ready, or stopped", "",
            wait_flags, wait_examples, run_wait},
    Command{
        "health", Arguments::some_units, "[NAME…]",
        "Tell whether all is well, for probes of containers and scripts",
        "A line that says so or what is not, and exit status 0 or 1; others where superd cannot "
        "be asked. Up is what is ready, completed, has ended with success and is not to be "
        "repeated, or sleeps until its connection or its time comes. Of a unit with several "
        "instances, one that is given a new process while it was well, or is added, is not "
        "missed as long as another is up.",
        health_flags, health_examples, run_health},
    Command{"events", Arguments::some_units, "[NAME…]", "Show what happened", "", events_flags,
            events_examples, run_events},
    Command{
        "tree", Arguments::some_units, "[NAME…]", "Show what units depend on, as a tree",
        "Dependencies and members of groups, with their states. Without a name: a tree for each "
        "unit that stands above all others. A unit is unfolded where it comes first.",
        tree_flags, tree_examples, run_tree},
    Command{
        "tasks",
        Arguments::some_units,
        "[NAME…]",
        "Show what workers of hosted services work on",
        "The loops and threads of each worker, and its coroutines and tasks: by name, with the "
        "line that began them, their state and age, and what is suspicious: a coroutine that does "
        "not yield, a loop that is late or blocked, a task that is older than it may be. What was "
        "given no name is counted, not listed. Other units have threads: superctl threads. JSON "
        "has times in seconds.",
        {},
        tasks_examples,
        run_tasks},
    Command{
        "threads", Arguments::some_units, "[NAME…]", "Show what threads do",
        "Every thread of every process of the units: its state, how much of a processor it used "
        "and how long it waited for one during the sample (CPU%, WAIT%), how much it used in its "
        "life, and in which system call and function of the kernel it sleeps; of hosted services "
        "also the task it works on, since when, and its last sign of life. Letters: R runs, S "
        "sleeps, D waits for a disk, T is stopped, Z has ended. JSON has times in seconds.",
        threads_flags, threads_examples, run_threads},
    Command{"timeline", Arguments::some_units, "[NAME…]",
            "Show what started when, and what waited on what",
            "From the recorded events. On a terminal a bar for each instance; --svg draws the same "
            "with "
            "arrows from what was waited on. JSON is that of `superctl events`.",
            timeline_flags, timeline_examples, run_timeline},
    Command{"top", Arguments::some_units, "[NAME…]", "Show what instances use, as it changes",
            "Processor time, as a share of one processor, memory and tasks (threads) of each "
            "instance's processes, those that use most first.",
            top_flags, top_examples, run_top},
    Command{"timers",
            Arguments::some_units,
            "[NAME…]",
            "List units that run at set times",
            "When each is due next, when it was due and ran last, and what came of it; those due "
            "first come first.",
            {},
            timers_examples,
            run_timers},
    Command{
        "why",
        Arguments::units,
        "NAME…",
        "Explain why units are as they are",
        "Tells the chain of causes, through dependencies and groups, with its root last: exits "
        "and the last lines before them, retries and deadlines, what a readiness check has met, "
        "who asked for what. Then what may be done.",
        {},
        why_examples,
        run_why},
    Command{"reset",
            Arguments::units,
            "NAME…",
            "Forget failures, and retry at once",
            "A failed unit whose goal is up starts again, one with a timer when it is next due; a "
            "back-off starts over.",
            reset_flags,
            {},
            run_reset},
    Command{
        "import", Arguments::format_and_files, "FORMAT FILE…",
        "Translate other programs' configurations into unit files",
        "FORMAT is systemd, supervisord, procfile or compose. Of systemd: NAME.service, with its "
        "NAME.socket, NAME.timer and drop-ins where these are named too; NAME@INSTANCE.service is "
        "read from NAME@.service. A name without / that is not here is looked for in systemd's "
        "directories, /etc/systemd/system first, and read with its drop-ins; standard error says "
        "from where. What systemd and compose limit becomes [limits], docker's weights those of "
        "the kernel. Units are printed, each after a line # file: NAME.toml. What could not be "
        "translated, or not exactly, is told on standard error as FILE:LINE, and as a comment; "
        "exit status 1 says that something was lost. Only files are read, no superd is asked.",
        import_flags, import_examples, run_import},
    Command{"freeze", Arguments::units, "NAME…", "Have units stand still, and wait until they do",
            "The kernel holds all their processes, whatever becomes of superd, until they are "
            "thawed, stopped or restarted. Checks, watchdog and the time to become ready wait.",
            freeze_flags, freeze_examples, run_freeze},
    Command{"thaw", Arguments::units, "NAME…", "Have frozen units go on", "", freeze_flags,
            thaw_examples, run_thaw},
    Command{"upgrade",
            Arguments::none,
            "",
            "Run the installed superd in place of the one that runs",
            "Once a new superd is installed where the one that runs was started from. The keeper "
            "executes the new program in its own process, supervisor and logger are replaced; no "
            "service notices, and no exit or line is lost. The new program is asked before whether "
            "it can go on from what runs: if not, nothing is changed.",
            upgrade_flags,
            {},
            run_upgrade},
    Command{"version",
            Arguments::none,
            "",
            "Show the versions of superctl and superd",
            "Of each part of superd that runs, and of what is installed in its place by now. "
            "superctl --version means the same.",
            {},
            {},
            run_version},
    Command{"help", Arguments::verb, "[VERB]", "Show help", "", {}, {}, run_help},
};

}  // namespace

std::span<const Command> commands() { return table; }

std::span<const Flag> global_flags() { return globals; }

const Command* find_command(std::string_view name) {
    const auto* const found = std::ranges::find(table, name, &Command::name);
    return found == table.end() ? nullptr : found;
}

}  // namespace superctl
