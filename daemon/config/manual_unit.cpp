#include "config/manual.hpp"
#include "config/manual_keys.hpp"
#include "config/schema_listen.hpp"
#include "config/signals.hpp"

namespace superd::config {

namespace {

constexpr std::string_view head = R"(.TH SUPERD.UNIT 5 2026-11-23 superd "File Formats"
.SH NAME
superd.unit \- a unit that superd(8) runs
.SH SYNOPSIS
.I CONFIG/units/NAME.toml
.br
.I CONFIG/units/NAME.d/*.toml
.SH DESCRIPTION
Each file whose name ends in .toml, in the directory
.I units
of the configuration directory, describes one unit: a program that superd runs, once or in
several instances.
The file's name without .toml is the unit's name: 1 to 64 letters, digits and @ _ . : \-, and no
\&. or \- first.
Other files there are ignored.
Symbolic links are followed.
.PP
The file is TOML 1.0 in UTF\-8, at most 1 MiB.
Nothing in it is guessed at: an unknown key, a value of the wrong type or out of its bounds, the
name of a unit that is not there and a cycle of units that wait for each other are mistakes, and
all of them are told at once, each as
.PP
.in +4n
.nf
units/web.toml:7:10: cannot use restart.policy = "alway":
expected always, on\-failure or never; did you mean "always"?
.fi
.in
.PP
A configuration with a mistake is not loaded; superd goes on with the one it has.
.B superctl check
looks for mistakes without loading anything.
.SH EXAMPLES
A web server that needs a database, and a migration to have been made:
.PP
.in +4n
.nf
description = "Shop front"
exec = ["/usr/bin/node", "server.js", "\-\-port", "${PORT}"]
env = { PORT = "8080" }
env\-file = ["/etc/shop/web.env"]
user = "shop"
directory = "/srv/shop"

[depends]
needs = ["db"]
wants = ["migrate"]
after = [{ unit = "migrate", when = "completed" }]

[restart]
policy = "always"
limit = "10 in 1min"

[ready]
http = "http://127.0.0.1:${PORT}/healthz"

[stop]
signals = [["SIGTERM", "30s"], ["SIGKILL", "5s"]]

[log]
max\-size = "50MiB"
.fi
.in
.PP
What it waits for, in units/migrate.toml:
.PP
.in +4n
.nf
type = "oneshot"
exec = ["/srv/shop/migrate"]
.fi
.in
.SH KEYS
A change that is live takes effect with
.BR "superctl reload" .
A change that needs a restart waits for
.BR "superctl apply" ,
which restarts the unit;
.B superctl plan
says before what would be done.
)";

constexpr std::string_view ready_text =
    R"([ready] says when a run counts as ready, which is when units that need it are started.
Exactly one way is chosen: notify, fd, tcp, unix, http, exec, log or delay.
Without [ready], a unit is ready as soon as it runs.
A oneshot has no [ready]: it completes.
)";

constexpr std::string_view check_text =
    R"(Each [[check]] asks again and again whether a run that is ready is still of use.
A unit may have up to 16, each with a name and exactly one way: http, tcp, unix or exec.
A service that is still coming up is not taken for one that hangs: as with the startup probe of
Kubernetes, failures before the first success of a run count only when start-after and
start-timeout are over.
A check that fails with on-failure = "restart" is a failure like a crash: the run is stopped by
[stop], and policy, delay and limit of [restart] say what comes next.
A oneshot has no checks.
)";

constexpr std::string_view watchdog_text =
    R"(A service that is ready and does not send WATCHDOG=1 in time has failed, as has one that
sends WATCHDOG=trigger. WATCHDOG_USEC=N changes the interval for the rest of the run.
After superd itself was stopped, frozen or started again, each service has a whole interval.
)";

constexpr std::string_view timer_text =
    R"([timer] has a oneshot run at set times: every or at says when.
It is not started when superd starts, but when it is due; what it depends on is waited for then.
Between runs its state is that of the last one, with the time of the next; a failed run is
retried as [restart] says, until the next one is due.
superctl start runs it at once, without disturbing its timer; superctl stop, and superctl disable,
suspend the timer; superctl timers lists all.
A unit that needs it waits for its first success, and a failure that is not retried stops that unit.
)";

constexpr std::string_view moments_text =
    R"(at is calendar time. Where the clocks are put forward for summer time, a moment that they
pass over is due when they are put forward; where they are put back, a moment that comes twice is
due the first time. hourly means each hour that passes.
When somebody sets the clock forward over a moment, it counts as missed: it is run if it is late
by no more than a minute, or with catch-up. When somebody sets it back by up to a day, nothing
that has run is run again; by more, the moments in between come again.
Another time zone of the machine is noticed within the hour.
)";

constexpr std::string_view listeners_text =
    R"(.SH LISTENERS
What [listen] names, superd opens itself before the unit is started, and holds for as long as the
unit is to be up: through each of its restarts, through a crash, and when superd itself is started
again.
A client that connects meanwhile waits in the queue instead of being refused.
A port below 1024 needs no right of the unit's.
.PP
.in +4n
.nf
[listen]
http = "tcp://*:8080"
admin = { address = "unix:/run/shop/admin.sock", mode = "0600" }
.fi
.in
.PP
The process finds them as sd_listen_fds(3) says: LISTEN_FDS tells how many, LISTEN_FDNAMES their
names, LISTEN_PID whom they are for; the descriptors are 3, 4 and so on, in order of name.
A program that takes a number instead is told it: 3 for admin, 4 for http.
.PP
What has instances has a socket for each of them, unless accept is "shared".
The kernel then spreads new connections over the instances that are ready; one that is
started, fails or is to be stopped gets none while another is ready.
An instance that is one too many is stopped once what waits for it is accepted.
With ${INSTANCE} in its address, each instance listens somewhere else.
.PP
A socket that cannot be opened is a failed start: [restart] says when it is tried again.
An address that is in use is told with the process that has it, if superd may know.
.PP
A listener may say:
)";

constexpr std::string_view limits_text =
    R"([limits] says what an instance may use. Each instance has these limits for itself: two
instances with memory-max = "256MiB" may use 512 MiB.
.PP
memory-max to oom-policy are limits of the instance's control group, that is of all its processes
together, whatever starts them. They hold from before the program is started, and a change of them
takes effect at once, on what runs. They need a delegated cgroup v2 group with the controller in
question: memory for memory-max, memory-high, swap-max and oom-policy; cpu, pids and io for the
others. Where that is missing, superd says so once when it starts and in superctl status, and goes
on without. For memory-max each process then has a limit of private memory instead, as data sets it,
unless the unit sets data itself; nothing stands in for the others.
.PP
The others are limits of each process by itself, as setrlimit(2) has them, soft and hard alike, and
wait for a restart. One that superd itself may not raise so far is a failed start.
.PP
An end for want of memory is told as such: "out of memory" in superctl status and why, oom in
events, in the death record and to the on-crash hook. It is an event too when it is not the main
process that ends.
)";

constexpr std::string_view rolling_text =
    R"([rolling] says how "superctl restart --rolling" and "superctl apply --rolling" replace the
processes of a unit: one batch of instances after another, each ready before the next.
When one is not ready in time, or ends, the rest stays as it is: with surge, the old process of
that instance does too. Any other command for the unit takes the place of a rolling restart.
)";

constexpr std::string_view recycle_text =
    R"([recycle] replaces processes that are well, as [rolling] does, but never two of a unit at
once, however many of them are due. One that cannot be replaced is tried again after
restart.max-delay. A service may ask for it at any time: it sends X_SUPERD_RECYCLE=REASON to the
socket that NOTIFY_SOCKET names, as sd_notify(3) does; [recycle] or ready.notify gives it that.
)";

constexpr std::string_view modules_text =
    R"(.SH MODULES
A unit with module is no program: superd starts worker processes, which load the module and run it
in the execution model that the unit names.
A worker is an instance like any other: everything in this page holds for it, and a crash costs one
worker alone.
.PP
.in +4n
.nf
module = "/usr/lib/shop/libshop.so"
model = "coroutines"
workers = "cores"

[listen]
http = "tcp://*:8080"

[config]
greeting = "hello"
.fi
.in
.PP
Where the unit does not say otherwise, a worker is ready when it says so (ready.notify), is always
started again but after exit code 78, with which it refuses its [config], and has drain\-timeout to
end what it has begun when it is to stop.
What a worker shares with the workers after it, superd keeps: fd\-store\-max is 64.
.PP
Four times mean four things: ready.timeout is that of the start; stall\-timeout is how long a loop
or a thread may give no sign of life; task\-timeout is that of one task; idle\-timeout is after how
long what nobody uses is stopped.
.PP
superd watches over workers that are ready. Their loops and threads note signs of life in memory
that superd reads: a loop ten times a second, a thread with each task, a process of its own
(model = "processes") as it likes. One that gives none for stall\-warn is looked at: the kernel
tells whether it computes, waits for a lock, a disk or another call, is stopped, or has no
processor. Time without a processor does not count, nor does time in which superd itself was away,
or a debugger or a frozen control group holds the worker.
What was found is a line in the unit's log, an event (superctl events), and for as long as it lasts
part of superctl status and why.
After stall\-timeout comes what on\-stall says, and again once a minute while that did not help.
Replaced are all that stall at once, as far as rolling.surge allows; with surge = false the worker
is stopped first. One that is replaced and does not end by [stop] is sent SIGABRT before the last
signal, so that its end shows where it was; with "kill" SIGABRT comes first, and SIGKILL two seconds
later.
.PP
task\-timeout cancels a request of http::serve, a task() and what was given to spawn() in the
coroutine model, and what a handler marks in Python; a connection() that serves a protocol of its
own is not limited, as nobody but itself knows where a task begins. What runs in a thread, or is a
process, cannot be cancelled: then on\-stall says what is done.
)";

constexpr std::string_view tail = R"(.SH DROP\-INS
What is in units/NAME.d changes units/NAME.toml without editing it: each file there whose name
ends in .toml is laid over the unit, in order of name.
A section, and env, is merged key by key; any other value takes the place of the one before it,
arrays too.
Tables headed [[...]] are added to those that are there; written as an array, x = [{ ... }], they
take their place.
Another way to be ready, in [ready], takes the place of the one before it.
.PP
In units/web.d/10\-port.toml, this changes one variable and nothing else:
.PP
.in +4n
.nf
env.PORT = "9090"
.fi
.in
.PP
Drop\-ins of a unit that is not there are a mistake.
Mistakes name the drop\-in that they are in.
Profiles, in
.BR superd.toml (5),
are laid over a unit after its drop\-ins.
.SH VARIABLES
In exec, directory, the values of env and the strings of [ready], [[check]] and [hooks], ${NAME} is
replaced by a variable, and ${NAME:\-default} by a default where that is not set, or empty.
A default may refer to variables too.
They are looked for in this order:
.IP 1. 4
${UNIT}, the unit's name, and ${INSTANCE}, the number of the instance: 0, 1 and so on.
.IP 2. 4
The unit's environment, see below.
.IP 3. 4
[variables] of
.BR superd.toml (5).
.PP
superd's own environment is not looked at: what a unit depends on is written down, in pass\-env
if need be.
A name that is not set and has no default is a mistake.
$${ stands for ${ itself; a $ before anything else is a $.
The values of env may refer to each other in any order, but not in a circle.
A variable of env that refers to its own name means what the layers before say:
PATH = "/opt/shop/bin:${PATH}".
${PATH} is always known.
Values from an env\-file and from pass\-env are taken as they are.
.SH ENVIRONMENT
A unit's environment has, later ones winning: HOME, USER, LOGNAME and SHELL where user is set;
the variables in pass\-env that superd itself has; those in env\-file, file by file; those in env.
PATH is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin unless one of them sets it.
For each run superd adds SUPERD_SERVICE, SUPERD_INSTANCE, SUPERD_RUN, for ready.notify,
[watchdog], [recycle] and a module NOTIFY_SOCKET, for [watchdog] WATCHDOG_USEC and WATCHDOG_PID, for
[listen], and where it keeps descriptors for the unit, LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID,
for a module SUPERD_SETTINGS and SUPERD_PAGE, and for a hook SUPERD_HOOK, which the programs of
checks (check) and of ready.exec (ready) have too; a unit cannot set these itself.
.PP
An env\-file has lines NAME=value.
Empty lines are ignored, and those that begin with # or ;.
A value may be in single quotes, in which nothing is special, or in double quotes, in which \e
takes the ", \e, \` or $ after it as it is; quoted and unquoted parts may follow each other.
Outside quotes \e takes any character after it as it is, and spaces at the end are dropped.
A \e at the end of a line continues it on the next.
This is the part of systemd's EnvironmentFile= that shells understand too.
There is no ${NAME} in it.
.SH NOTIFICATIONS
A unit with ready.notify, [watchdog], [recycle], fd\-store\-max or a module may say all that
sd_notify(3) knows:
READY=1; RELOADING=1 and STOPPING=1, which its status shows, and a service that says it stops has
the time of the first of stop.signals to do so; STATUS= and ERRNO=; MAINPID= and MAINPIDFD=1,
which are believed of a process of the unit's own; EXTEND_TIMEOUT_USEC=, up to extend\-max;
WATCHDOG=1, WATCHDOG=trigger and WATCHDOG_USEC=; FDSTORE=1, FDSTOREREMOVE=1, FDNAME= (up to 255
characters) and FDPOLL=0; BARRIER=1.
Beyond these there is X_SUPERD_RECYCLE=, see [recycle].
Only its main process is listened to, unless ready.notify is "tree".
Kept descriptors are closed when the unit is stopped, and lost when every process of superd dies
at once.
.SH DURATIONS
A duration is a string: a number, which may have a fraction, and d, h, min, s, ms or us.
Several may follow each other, the largest first: "100ms", "1.5s", "1h 30min".
A number without a unit is a mistake, and so is "infinity": nothing in superd waits for ever.
.SH SIZES
A size is a string: a number and B, K, M, G, KiB, MiB or GiB.
K and KiB are both 1024 bytes, and so on.
.SH SIGNALS
Signals are written by name:
)";

constexpr std::string_view end =
    R"(Real\-time signals are SIGRTMIN, SIGRTMIN+1 and so on up to SIGRTMAX, or
SIGRTMAX\-1 and so on down.
.SH FILES
.TP
.I share/superd/schema/superd\-unit.schema.json
This page's keys as JSON Schema, for editors; below the directory that superd is installed in.
.SH SEE ALSO
.BR superd (8),
.BR superctl (1),
.BR superd.toml (5),
.BR sd_notify (3),
.BR signal (7)
)";

std::string signal_list() {
    std::string text;
    for (const auto name : signal_names()) text += (text.empty() ? "" : ", ") + std::string{name};
    return text + ".\n";
}

}  // namespace

std::string unit_manual() {
    const auto& schema = unit_schema();
    std::string page{head};
    for (const auto section : schema.sections()) {
        page += section.empty() ? ".SS At the top\n" : ".SS " + schema.heading(section) + "\n";
        if (section == "ready") page += paragraphs(ready_text);
        if (section == "check") page += paragraphs(check_text);
        if (section == "watchdog") page += paragraphs(watchdog_text);
        if (section == "hooks") page += hooks_manual();
        if (section == "limits") page += paragraphs(limits_text);
        if (section == "rolling") page += paragraphs(rolling_text);
        if (section == "recycle") page += paragraphs(recycle_text);
        if (section == "timer") page += paragraphs(timer_text) + ".PP\n" + paragraphs(moments_text);
        page += section_reference(schema, section);
    }
    page += modules_text;
    page += listeners_text;
    for (const auto& key : listener_keys) page += key_reference(key, "Required");
    page += tail;
    page += signal_list();
    page += end;
    return wrapped(page);
}

}  // namespace superd::config
