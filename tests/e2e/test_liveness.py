"""Checks and watchdogs of real services: what is seen, what follows, and what outlives a supervisor."""
import os
import signal
import sys

import pytest

import harness
import processes

SICKLY = harness.PROGRAMS / "sickly.py"


class Site:
    """An HTTP server that is sick while a file is there, and a check that asks it."""

    def __init__(self, superd, on_failure, more=""):
        self.superd, self.port, self.sick = superd, processes.free_port(), superd.base / "sick"
        address = f"http://127.0.0.1:{self.port}/"
        superd.unit("web", f'''exec = ["{sys.executable}", "{SICKLY}", "http", "{self.port}", "{self.sick}"]
{more}
[ready]
http = "{address}"
[restart]
stable-after = "1h"
[[check]]
name = "http"
http = "{address}"
every = "20ms"
failures = 3
on-failure = "{on_failure}"
''')

    def start(self):
        self.superd.start()
        self.superd.await_state("web", "ready")
        self.superd.await_that(lambda: self.check()["state"] == "passing")

    def check(self):
        return self.superd.instance("web")["checks"][0]


def test_a_service_that_begins_to_answer_500_is_restarted(superd):
    site = Site(superd, "restart")
    site.start()
    pid = superd.pid("web")
    site.sick.touch()
    superd.await_that(lambda: any(event["event"] == "check" for event in superd.events()))
    site.sick.unlink()
    superd.await_new_pid("web", pid)
    kinds = [(event["event"], event.get("to"), event.get("message")) for event in superd.events()]
    assert ("check", "failing", "http: answered 500, 3 in a row") in kinds
    assert superd.instance("web")["restarts"] >= 1
    superd.await_text("web: check http: answered 500, 3 in a row")


def test_stop_is_for_good(superd):
    site = Site(superd, "stop")
    site.start()
    site.sick.touch()
    one = superd.await_state("web", "failed")
    assert one["reason"] == "check http: answered 500, 3 in a row"
    assert one["goal"] == "up" and one["pid"] is None
    site.sick.unlink()
    superd.ctl("start", "web")


def test_degraded_is_seen_and_outlives_the_supervisor(superd):
    site = Site(superd, "degrade")
    site.start()
    pid = superd.pid("web")
    site.sick.touch()
    superd.await_that(lambda: "degraded: http: answered 500" in superd.instance("web")["reason"])
    assert superd.instance("web")["state"] == "ready"
    assert "ready (degraded: http: answered 500, " in superd.ctl("status", "web").stdout
    assert site.check()["state"] == "failing" and site.check()["message"] == "answered 500"
    os.kill(superd.pid("web"), signal.SIGSTOP)  # No check comes to an end for a while.
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    assert "degraded: http" in superd.instance("web")["reason"]
    os.kill(pid, signal.SIGCONT)
    site.sick.unlink()
    superd.await_that(lambda: site.check()["state"] == "passing")
    assert superd.pid("web") == pid
    assert superd.instance("web")["reason"].startswith("up for")


def test_ignore_only_tells(superd):
    site = Site(superd, "ignore")
    site.start()
    pid = superd.pid("web")
    site.sick.touch()
    superd.await_that(lambda: site.check()["state"] == "failing")
    assert superd.pid("web") == pid
    assert superd.instance("web")["reason"].startswith("up for")


def test_what_a_check_has_started_ends_with_the_supervisor(superd):
    started = superd.base / "started"
    superd.unit("web", f'''exec = ["sleep", "100000"]
[[check]]
name = "slow"
exec = ["sh", "-c", "sleep 777 & echo $! >{started}.new; mv {started}.new {started}; wait"]
timeout = "1h"
every = "1h"
''')
    superd.start()
    superd.await_that(started.exists)
    sleeper, pid = int(started.read_text()), superd.pid("web")
    assert b"SUPERD_HOOK=check" in processes.environment(sleeper)
    processes.kill(superd.parts()["supervisor"])
    assert processes.wait_gone(sleeper, harness.PATIENCE)
    assert superd.pid("web") == pid


def test_a_check_that_is_a_program_runs_as_the_unit_does(superd):
    proof = superd.base / "proof"
    superd.unit("svc", f'''exec = ["sleep", "100000"]
pass-env = ["E2E_MARK"]
env.WHERE = "{proof}"
[[check]]
name = "own"
exec = ["sh", "-c", "echo $SUPERD_INSTANCE $WATCHDOG_PID > $WHERE.new; mv $WHERE.new $WHERE"]
every = "20ms"
''')
    superd.start()
    superd.await_that(lambda: superd.instance("svc")["checks"][0]["state"] == "passing")
    assert proof.read_text() == "svc/0\n"


def test_a_live_change_begins_the_checks_anew(superd):
    site = Site(superd, "degrade")
    site.start()
    site.sick.touch()
    superd.await_that(lambda: site.check()["state"] == "failing")
    pid = superd.pid("web")
    file = superd.config / "units" / "web.toml"
    file.write_text(file.read_text().replace('name = "http"', 'name = "other"'))
    superd.ctl("reload")
    assert superd.pid("web") == pid
    superd.await_that(lambda: site.check()["name"] == "other")


@pytest.mark.parametrize("last_signal", ["SIGABRT", "SIGKILL"])
def test_a_service_that_stops_pinging_is_aborted_and_restarted(superd, last_signal):
    sick = superd.base / "sick"
    superd.unit("svc", f'''exec = ["{sys.executable}", "{SICKLY}", "watchdog", "{sick}"]
[ready]
notify = true
[watchdog]
every = "3s"
signal = "{last_signal}"
[restart]
delay = "10ms"
''')
    superd.start()
    pid = superd.await_state("svc", "ready")["pid"]
    sick.touch()
    superd.await_that(lambda: any(event["event"] == "exit" for event in superd.events()))
    ended = next(event for event in superd.events() if event["event"] == "exit")
    assert ended["signal"] == last_signal and ended["pid"] == pid
    assert sick.with_suffix(".told").exists() == (last_signal == "SIGABRT")
    reasons = [event["reason"] for event in superd.events() if event["event"] == "state"]
    assert any("no WATCHDOG=1 for 3000 ms" in reason for reason in reasons)
    sick.unlink()
    superd.await_new_pid("svc", pid)


def test_a_frozen_superd_gives_everyone_a_whole_interval(superd):
    sick = superd.base / "sick"
    superd.unit("svc", f'''exec = ["{sys.executable}", "{SICKLY}", "watchdog", "{sick}"]
[ready]
notify = true
[watchdog]
every = "3s"
''')
    superd.start()
    pid = superd.await_state("svc", "ready")["pid"]
    frozen = [superd.process.pid, *superd.parts().values(), pid]
    for each in frozen:
        os.kill(each, signal.SIGSTOP)
    processes.wait_gone(pid, 4.5)  # It is not: this is how long everybody is frozen.
    for each in reversed(frozen):
        os.kill(each, signal.SIGCONT)
    superd.ctl("status", "svc")
    superd.ctl("wait", "svc", "--stopped", "--timeout", "2s", expect=7)
    assert superd.pid("svc") == pid
