"""superd of one user, under the systemd that runs for that user, on the bus of the session."""
import json
import os
import pathlib
import pwd
import re
import signal

import pytest

from machine import PATIENCE, alive, sh, until

NAME = "visitor"  # Who may change nothing of the machine's own superd.
SLEEPER = 'exec = ["/bin/sleep", "infinity"]\n'
TALKER = '''exec = ["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo $$ line $i; sleep 0.05; done"]
'''


class Own:
    """What the user can do, with what a login gives."""

    def __init__(self):
        self.who = pwd.getpwnam(NAME)
        self.runtime = pathlib.Path(f"/run/user/{self.who.pw_uid}")
        self.units = pathlib.Path(self.who.pw_dir) / ".config/superd/units"

    def run(self, *command, **options):
        surroundings = {"HOME": self.who.pw_dir, "USER": NAME, "PATH": os.environ["PATH"],
                        "XDG_RUNTIME_DIR": str(self.runtime),
                        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.runtime}/bus"}
        return sh("setpriv", f"--reuid={NAME}", f"--regid={NAME}", "--init-groups", *command,
                  env=surroundings, cwd="/", **options)

    def add(self, name, text):
        self.run("mkdir", "-p", self.units)
        self.run("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, self.units / f"{name}.toml")

    def systemctl(self, *words, **options):
        return self.run("systemctl", "--user", *words, timeout=60, **options)

    def ctl(self, *words, **options):
        return self.run("superctl", *words, **options)

    def unit(self, name):
        return json.loads(self.ctl("status", "--json", name, check=False).stdout)["units"][0]

    def pid(self, name):
        return self.unit(name)["instances"][0]["pid"]

    def main_pid(self):
        return int(self.systemctl("show", "superd", "--property=MainPID", "--value").stdout)

    def until_active(self, old=0):
        def look():
            state = self.systemctl("show", "superd", "--property=ActiveState", "--value").stdout.strip()
            return state == "active" and self.main_pid() not in (0, old)
        until(f"{NAME}'s superd to be active", look)


@pytest.fixture
def own():
    """The user's systemd runs without a login, and superd in it with two services."""
    user = Own()
    sh("loginctl", "enable-linger", NAME)
    until("the user's own systemd", lambda: (user.runtime / "bus").exists() and user.systemctl(
        "is-system-running", check=False).stdout.strip() in ("running", "degraded"))
    user.add("sleeper", SLEEPER)
    user.add("talker", TALKER)
    user.systemctl("enable", "--now", "superd")
    user.until_active()
    user.ctl("wait", "--all", "--ready", "--timeout", f"{10 * PATIENCE}s", timeout=60)
    yield user
    user.systemctl("disable", "--now", "superd", check=False)
    sh("loginctl", "disable-linger", NAME)
    until("the user's own systemd to end", lambda: not (user.runtime / "bus").exists())


def test_it_runs_as_its_user_below_its_own_systemd(own):
    pid = own.pid("sleeper")
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    uids = next(line for line in status.splitlines() if line.startswith("Uid:"))
    assert uids.split()[1:] == [str(own.who.pw_uid)] * 4
    group = pathlib.Path(f"/proc/{pid}/cgroup").read_text().strip()
    assert f"/user@{own.who.pw_uid}.service/" in group and group.endswith("/superd.service/sleeper:0")
    assert own.ctl("freeze", "sleeper").stdout == "sleeper: frozen\n"
    assert own.ctl("thaw", "sleeper").stdout == "sleeper: thawed\n"


def test_its_services_outlive_it_and_end_with_a_stop(own):
    before = {name: own.pid(name) for name in ("sleeper", "talker")}
    for kill in (False, True):
        old = own.main_pid()
        if kill:
            os.kill(old, signal.SIGKILL)
        else:
            own.systemctl("restart", "superd")
        own.until_active(old)
        assert {name: own.pid(name) for name in before} == before
    talker = before["talker"]
    said = lines(own, talker)
    until("a line that was said afterwards", lambda: lines(own, talker) > said)
    own.systemctl("stop", "superd")
    assert not any(alive(pid) for pid in before.values())


def lines(own, pid):
    """How many the log has of that process, of which none is missing."""
    text = own.ctl("logs", "talker", "--lines", "100000").stdout
    told = [int(each) for each in re.findall(rf"{pid} line (\d+)$", text, re.M)]
    assert told == list(range(1, len(told) + 1))
    return len(told)


def test_it_is_on_the_bus_of_its_session(own):
    until("superd on the session's bus",
          lambda: own.run("busctl", "--user", "status", "org.superd", check=False).returncode == 0)
    before = own.pid("sleeper")
    own.ctl("--bus", "--user", "restart", "sleeper")
    assert own.pid("sleeper") != before
    assert "sleeper" in own.ctl("--bus", "--user", "status").stdout


def test_the_machines_superd_is_another(own):
    assert [unit for unit in json.loads(sh("superctl", "status", "--json", check=False).stdout)["units"]
            if unit["name"] == "talker"] == []
