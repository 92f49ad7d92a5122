"""superctl freeze and thaw: what stands still, what waits for it, and what ends it."""
import os
import signal
import subprocess
import sys

import pytest

import cgroups
import harness
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'
# Says so when it is told to end.
OBEDIENT = '''exec = ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 100000 & wait; done"]
ready.log = "up"
'''
# Fails its check, and misses its watchdog, as long as it does not run.
UNIT = int(100 * harness.SLOWNESS)  # Milliseconds; where each takes longer, so does all that is waited for.
CHECKED = f'''exec = ["{sys.executable}", "{harness.PROGRAMS / 'pinger.py'}"]
ready.notify = true
watchdog.every = "{20 * UNIT}ms"

[[check]]
name = "alive"
exec = ["true"]
every = "{UNIT}ms"
timeout = "{20 * UNIT}ms"
failures = 1
'''


@pytest.fixture
def group(request):
    made = cgroups.make_group(f"superd-e2e-{os.getpid()}")
    if isinstance(made, str):
        pytest.skip(f"{made}: nothing was frozen")
    yield made
    made.remove()


@pytest.fixture
def grouped(group, superd):  # So superd is ended before its group.
    """superd with the group as its own; not yet started."""
    superd.settings(f'supervisor.cgroup = "{group.path}"\n')
    return superd


def kinds(superd, unit):
    return [e["event"] for e in superd.events() if e.get("unit") == unit]


def test_all_stand_still_until_they_are_thawed(grouped, group):
    grouped.unit("web", 'exec = ["sh", "-c", "sleep 100000 & exec sleep 100000"]\n')
    grouped.unit("other", SLEEP)
    grouped.start()
    grouped.ctl("wait", "--all", "--ready")
    before = grouped.pid("web")
    assert grouped.ctl("freeze", "web").stdout == "web: frozen\n"
    assert group.frozen("web:0") and not group.frozen("other:0")
    web = grouped.instance("web")
    assert web["state"] == "ready" and web["frozen-since"] and web["reason"].startswith("frozen for ")
    assert "frozen-since" not in grouped.instance("other")
    assert "frozen" in grouped.ctl("status", "web").stdout
    assert "thaw web" in grouped.ctl("why", "web").stdout
    assert grouped.ctl("freeze", "web").stdout == "web: frozen\n", "again it is the same"
    assert grouped.ctl("thaw", "web").stdout == "web: thawed\n"
    assert not group.frozen("web:0") and grouped.pid("web") == before
    assert grouped.ctl("thaw", "web").stdout == "web: thawed\n"
    told = [kind for kind in kinds(grouped, "web") if kind in ("frozen", "thawed")]
    assert told == ["frozen", "thawed"]


def test_a_stop_of_what_is_frozen_is_seen_by_it(grouped):
    grouped.unit("web", OBEDIENT)
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    grouped.ctl("freeze", "web")
    grouped.ctl("stop", "web", timeout=20)
    assert grouped.instance("web")["last-exit"]["code"] == 0
    assert "bye" in grouped.ctl("logs", "web").stdout


def test_a_restart_of_what_is_frozen_starts_what_runs(grouped, group):
    grouped.unit("web", OBEDIENT)
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    before = grouped.pid("web")
    grouped.ctl("freeze", "web")
    grouped.ctl("restart", "web")
    assert grouped.pid("web") != before and not group.frozen("web:0")
    # Somebody else's freeze does not hold up what is started in the group either.
    grouped.ctl("stop", "web")
    (group.path / "web:0" / "cgroup.freeze").write_text("1")
    grouped.ctl("start", "web", timeout=20)
    assert not group.frozen("web:0")


def test_nothing_is_expected_of_what_is_frozen(grouped):
    grouped.unit("web", CHECKED)
    # Its own intervals, of 2 s so that a machine which stalls fails none of them, pass meanwhile.
    grouped.unit("clock", 'type = "oneshot"\nautostart = false\n'
                 f'exec = ["sleep", "{4 * harness.SLOWNESS}"]\n')
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    before = grouped.pid("web")
    grouped.ctl("freeze", "web")
    grouped.ctl("restart", "clock")
    web = grouped.instance("web")
    assert (web["pid"], web["state"], web["restarts"]) == (before, "ready", 0)
    grouped.ctl("thaw", "web")
    grouped.ctl("restart", "clock")
    assert grouped.pid("web") == before, "it goes on, and is well"
    assert any(e["event"] == "frozen" for e in grouped.events())


def test_a_worker_that_is_frozen_has_not_stalled(grouped):
    ports = processes.free_ports(2)
    for name, port in zip(("shop", "other"), ports):
        grouped.unit(name, f'''language = "python"
module = "hosted:coroutine"
env = {{ PYTHONPATH = "{harness.PROGRAMS}" }}
stall-warn = "{2 * UNIT}ms"
stall-timeout = "0s"
on-stall = "log"
[listen]
http = "tcp://127.0.0.1:{port}"
''')
    grouped.start()
    grouped.ctl("wait", "--all", "--ready")
    grouped.ctl("freeze", "shop")
    stalls = lambda: [e["unit"] for e in grouped.events() if e["event"] == "stall" and e.get("to") != "recovered"]
    before = len(stalls())  # A machine that stalls has stalled them, too.
    # Silent for less long, as the other is from now on: who is told of it would be told of both.
    processes.send(grouped.pid("other"), signal.SIGSTOP)
    grouped.await_that(lambda: "other" in stalls()[before:])
    processes.send(grouped.pid("other"), signal.SIGCONT)
    assert set(stalls()[before:]) == {"other"}
    assert grouped.instance("shop")["worker"]["slots"], "what it was doing can be seen all the same"
    grouped.ctl("thaw", "shop")
    before = len(stalls())
    processes.send(grouped.pid("shop"), signal.SIGSTOP)
    grouped.await_that(lambda: "shop" in stalls()[before:])
    processes.send(grouped.pid("shop"), signal.SIGCONT)


def test_what_starts_may_be_frozen_and_has_its_time_afterwards(grouped):
    side = grouped.base / "probe"
    grouped.unit("web", f'''{SLEEP}
[ready]
exec = ["sh", "-c", "echo asked >>{side}; test -e {side}.go"]
timeout = "{30 * UNIT}ms"
''')
    grouped.unit("clock", 'type = "oneshot"\nautostart = false\n'
                 f'exec = ["sleep", "{4 * harness.SLOWNESS}"]\n')
    grouped.start()
    grouped.await_that(side.exists)
    before = grouped.pid("web")
    grouped.ctl("freeze", "web")
    grouped.ctl("restart", "clock")
    assert grouped.instance("web")["state"] == "starting" and grouped.pid("web") == before
    (grouped.base / "probe.go").write_text("")
    grouped.ctl("thaw", "web")
    grouped.ctl("wait", "web", "--ready")
    assert grouped.pid("web") == before


def test_a_new_supervisor_finds_it_frozen_as_it_was(grouped, group):
    grouped.unit("web", CHECKED)
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    grouped.ctl("freeze", "web")
    before = grouped.instance("web")
    processes.kill(grouped.parts()["supervisor"])
    after = grouped.instance("web")
    assert group.frozen("web:0")
    assert (after["pid"], after["frozen-since"]) == (before["pid"], before["frozen-since"])
    # By hand it is thawed as well, and the next one sees what is so.
    (group.path / "web:0" / "cgroup.freeze").write_text("0")
    grouped.await_that(lambda: "frozen-since" not in grouped.instance("web"))
    assert kinds(grouped, "web").count("thawed") == 1
    (group.path / "web:0" / "cgroup.freeze").write_text("1")
    processes.kill(grouped.parts()["supervisor"])
    grouped.await_that(lambda: "frozen-since" in grouped.instance("web"))
    grouped.ctl("thaw", "web")
    assert grouped.pid("web") == before["pid"]


def test_services_outlive_superd_frozen_and_are_found_so(grouped, group):
    grouped.unit("web", SLEEP)
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    grouped.ctl("freeze", "web")
    before = grouped.pid("web")
    grouped.kill_all_parts()
    grouped.start()
    assert grouped.pid("web") == before and grouped.instance("web")["frozen-since"]
    grouped.ctl("stop", "web", timeout=20)
    assert not processes.alive(before)


def test_what_cannot_be_frozen_says_why(grouped):
    grouped.unit("web", SLEEP)
    grouped.unit("down", f"autostart = false\n{SLEEP}")
    grouped.unit("shop", 'type = "group"\nmembers = ["web"]\n')
    grouped.start()
    grouped.ctl("wait", "web", "--ready")
    refused = grouped.ctl("freeze", "down", expect=1).stderr
    assert "cannot freeze down: inactive: it does not run" in refused
    assert grouped.ctl("freeze", "shop").stdout == "web: frozen\n", "a group is its members"
    grouped.ctl("thaw", "shop")
    assert "did you mean" in grouped.ctl("freeze", "wbe", expect=4).stderr


def test_without_control_groups_it_is_refused(superd):
    superd.settings('supervisor.cgroup = "off"\n')
    superd.unit("web", SLEEP)
    superd.start()
    superd.ctl("wait", "web", "--ready")
    refused = superd.ctl("freeze", "web", expect=1).stderr
    assert "this needs a control group for each unit, and there are none: superd.toml says off" in refused
    assert superd.instance("web")["state"] == "ready"


@pytest.mark.parametrize("place", ["", "main"])
def test_a_delegated_group_is_used_and_found_again(group, superd, place):
    """As systemd delegates it; with DelegateSubgroup= superd is started below it."""
    if not group.delegate():
        pytest.skip("the kernel has no marks on groups here: delegation was not tried")
    own = group.path / place
    own.mkdir(exist_ok=True)
    superd.unit("web", SLEEP)
    superd.start(prefix=("sh", "-c", 'echo $$ >"$0" && exec "$@"', str(own / "cgroup.procs")))
    superd.ctl("wait", "web", "--ready")
    before = superd.pid("web")
    assert before in group.pids("web:0")
    parts = superd.parts()
    assert superd.process.pid in group.pids(place or "superd") and parts["supervisor"] in group.pids(place or "superd")
    processes.kill(parts["supervisor"])
    assert superd.ctl("freeze", "web").stdout == "web: frozen\n", "the next one finds the groups too"
    assert superd.pid("web") == before and group.frozen("web:0")
    superd.terminate()
    group.await_empty()
