"""Each kind of readiness: not ready before, ready right after, and what happens when it never is."""
import os
import subprocess
import sys

import pytest

import harness
import processes

READINESS = harness.PROGRAMS / "readiness.py"


def gated(superd, kind, argument, ready):
    """A unit that becomes ready when `open_gate` is called."""
    superd.gate = superd.base / "gate"
    os.mkfifo(superd.gate)
    superd.unit("svc", f'''exec = ["{sys.executable}", "{READINESS}", "{kind}", "{argument}", "{superd.gate}"]
[ready]
timeout = "10min"
{ready}''')


def kinds(superd):
    port = processes.free_port()
    path = superd.base / "thing"
    return {
        "notify": ("", "notify = true"),
        "fd": ("3", "fd = 3"),
        "tcp": (port, f'tcp = "127.0.0.1:{port}"\nevery = "20ms"'),
        "unix": (path, f'unix = "{path}"\nevery = "20ms"'),
        "http": (port, f'http = "http://127.0.0.1:{port}/"\nevery = "20ms"'),
        "exec": (path, f'exec = ["test", "-e", "{path}"]\nevery = "20ms"'),
        "log": ("now serving 12 requests", 'log = "serving [0-9]+ requests$"'),
    }


@pytest.mark.parametrize("kind", ["notify", "fd", "tcp", "unix", "http", "exec", "log"])
def test_ready_when_it_says_so_and_not_before(superd, kind):
    argument, ready = kinds(superd)[kind]
    gated(superd, kind, argument, ready)
    superd.unit("user", 'exec = ["sleep", "100000"]\ndepends.needs = ["svc"]\n')
    superd.start()
    superd.await_state("svc", "starting")
    assert superd.ctl("wait", "svc", "--ready", "--timeout", "500ms", expect=7)
    assert superd.instance("user")["state"] == "waiting"
    assert superd.instance("svc")["ready-since"] is None
    superd.gate.write_text("")
    superd.ctl("wait", "user", "--ready")
    one = superd.instance("svc")
    assert one["state"] == "ready" and one["ready-since"]
    if kind == "notify":
        assert "all is well" in one["reason"]


@pytest.mark.parametrize("kind", ["notify", "fd", "tcp", "unix", "http", "exec", "log"])
def test_a_supervisor_killed_meanwhile_still_learns_of_it(superd, kind):
    argument, ready = kinds(superd)[kind]
    gated(superd, kind, argument, ready)
    superd.start()
    pid = superd.await_state("svc", "starting")["pid"]
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    superd.gate.write_text("")
    one = superd.await_state("svc", "ready")
    assert one["pid"] == pid


def test_a_delay_is_waited_for(superd):
    superd.unit("svc", 'exec = ["sleep", "100000"]\nautostart = false\nready.delay = "3s"\n')
    superd.start()
    superd.ctl("start", "svc", "--timeout", "200ms", expect=7)
    superd.ctl("wait", "svc", "--ready", "--timeout", "30s")


def test_never_ready_goes_through_the_restart_policy(superd):
    superd.unit("svc", '''exec = ["sleep", "100000"]
[ready]
tcp = "127.0.0.1:9"
timeout = "300ms"
[restart]
delay = "10ms"
limit = "2 in 1min"
on-limit = "fail"''')
    superd.start()
    one = superd.await_state("svc", "failed")
    assert "not ready in time" in one["reason"]
    assert len([e for e in superd.events() if e["event"] == "spawn"]) == 3
    assert one["pid"] is None


def test_a_descriptor_that_closes_means_failure(superd):
    superd.unit("svc", '''exec = ["sh", "-c", "exec 3>&-; exec sleep 100000"]
ready.fd = 3
restart.policy = "never"''')
    superd.start()
    one = superd.await_state("svc", "failed")
    assert "readiness" in one["reason"]


def test_status_shows_what_a_probe_meets(superd):
    superd.unit("svc", '''exec = ["sleep", "100000"]
[ready]
tcp = "127.0.0.1:9"
every = "20ms"''')
    superd.start()
    superd.await_state("svc", "starting")
    superd.await_that(lambda: "127.0.0.1:9" in superd.instance("svc")["reason"])


def test_only_the_service_itself_can_say_that_it_is_ready(superd):
    notify = harness.PROGRAMS / "notify.py"
    gated(superd, "notify", "", "notify = true")
    # A child of another service and a process of nobody's claim to be it.
    superd.unit("other", 'exec = ["sleep", "100000"]\n')
    superd.start()
    pid = superd.await_state("svc", "starting")["pid"]

    for text in ("READY=1", f"READY=1\\nMAINPID={pid}", f"MAINPID={os.getpid()}\\nREADY=1", "\\0", "x" * 3000):
        subprocess.run([sys.executable, notify, text, superd.notify_socket()], check=True,
                       timeout=harness.PATIENCE)
    superd.ctl("wait", "svc", "--ready", "--timeout", "500ms", expect=7)
    assert superd.instance("svc")["pid"] == pid
    superd.gate.write_text("")
    superd.ctl("wait", "svc", "--ready")
