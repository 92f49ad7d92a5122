"""superd under a real systemd: restarts, upgrades and deaths of superd, with services that run on."""
import os
import pathlib
import re
import shutil
import signal

import pytest

import machine
from machine import ctl, pids, sh, show, until

# Writes numbered lines all the time: what is lost, or told twice, shows.
COUNTER = '''exec = ["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo $$ line $i; [ $((i % 50)) = 0 ] && sleep 0.1; done"]
'''
SLEEPER = 'exec = ["/bin/sleep", "infinity"]\n'


def numbers(unit, pid):
    """What the process with that pid has written, as the log has it."""
    text = ctl("logs", "-n", "1000000", unit, timeout=60).stdout
    return [int(each) for each in re.findall(rf"{pid} line (\d+)$", text, re.M)]


def superd_pid():
    return int(show("superd.service", "MainPID")["MainPID"])


def part(name):
    """The pid of one of superd's own processes."""
    me = superd_pid()
    children = pathlib.Path(f"/proc/{me}/task/{me}/children").read_text().split()
    return next((int(pid) for pid in children if program(pid) == name), None)


def program(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except FileNotFoundError:  # It has just gone.
        return None


def answers():
    return ctl("version", check=False).returncode == 0


@pytest.fixture
def under_load(units):
    """Two that write all the time, two that do nothing, and a check that all of them went on as they were."""
    names = ["counter-a", "counter-b", "sleeper-a", "sleeper-b"]
    for name in names:
        units.add(name, COUNTER if name.startswith("counter") else SLEEPER)
    units.apply()
    before = pids(*names)
    assert all(pid for each in before.values() for pid in each)
    yield before
    until("superd to answer", answers)
    assert pids(*names) == before
    for name in ("counter-a", "counter-b"):
        # What comes now is written by the same process, and told by the superd of now.
        [pid] = before[name]
        last = numbers(name, pid)[-1]
        seen = until(f"{name} to go on",
                     lambda name=name, pid=pid, last=last: (told := numbers(name, pid))[-1] > last and told)
        assert seen == list(range(1, len(seen) + 1))


def test_the_unit_files_are_as_systemd_wants_them():
    done = sh("systemd-analyze", "verify", "--man=no", "superd.service", "superd.socket", check=False)
    # What a later systemd knows, this one warns of.
    complaints = [line for line in done.stderr.splitlines() if "superd" in line and "Unknown key" not in line]
    assert complaints == [] and done.returncode == 0, done.stderr


def test_superd_says_how_it_is_in_systemctl_status(under_load):
    state = show("superd.service", "ActiveState", "SubState", "StatusText", "NotifyAccess", "Type", "Delegate")
    assert (state["ActiveState"], state["SubState"], state["Delegate"]) == ("active", "running", "yes")
    until("a status text", lambda: re.search(r"\b4\b", show("superd.service", "StatusText")["StatusText"]))


def test_systemctl_restart_leaves_every_service_as_it_is(under_load):
    before = superd_pid()
    sh("systemctl", "restart", "superd", timeout=60)
    assert superd_pid() != before


def test_an_upgrade_of_the_package_leaves_every_service_as_it_is(under_load):
    sh("dpkg", "-i", *pathlib.Path(".").glob("superd_*.deb"), timeout=120)
    assert show("superd.service", "ActiveState")["ActiveState"] == "active"


def test_a_reload_is_one(under_load, units):
    units.add("late", SLEEPER)
    sh("systemctl", "reload", "superd", timeout=60)
    until("the new unit", lambda: "late" in ctl("list").stdout)


@pytest.mark.parametrize("victim", ["superd-supervisor", "superd-logger"])
def test_a_killed_part_is_replaced(under_load, victim):
    pid = part(victim)
    os.kill(pid, signal.SIGKILL)
    until(f"another {victim}", lambda: part(victim) not in (None, pid))


def test_a_killed_keeper_is_started_again_by_systemd(under_load):
    pid = superd_pid()
    os.kill(pid, signal.SIGKILL)
    until("another superd", lambda: superd_pid() not in (0, pid))


@pytest.fixture
def setting():
    """Sets something in superd's unit until the test is over."""
    place = pathlib.Path("/run/systemd/system/superd.service.d")

    def put(line):
        place.mkdir(parents=True, exist_ok=True)
        (place / "test.conf").write_text(f"[Service]\n{line}\n")
        sh("systemctl", "daemon-reload", timeout=60)

    yield put
    shutil.rmtree(place, ignore_errors=True)
    sh("systemctl", "daemon-reload", timeout=60)


def test_how_a_service_ended_while_no_superd_lived_is_known_or_said_not_to_be(units, setting):
    # Longer than all that is done until it is looked whether one lives again.
    setting(f"RestartSec={max(10, 2 * machine.PATIENCE)}s")
    units.add("brief", 'exec = ["/bin/sh", "-c", "trap \\"exit 42\\" TERM; sleep 100000 & wait"]\n'
                       '[restart]\npolicy = "never"\n')
    units.apply()
    [pid] = pids("brief")["brief"]
    os.kill(superd_pid(), signal.SIGKILL)
    until("superd to be gone", lambda: superd_pid() == 0)
    os.kill(pid, signal.SIGTERM)
    until("the service's end", lambda: not machine.alive(pid))
    assert superd_pid() == 0  # It ended while none lived.
    until("superd to answer", answers)
    text = until("what became of it", lambda: ctl("status", "brief", check=False).stdout)
    exact = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= (6, 15)
    assert ("42" if exact else "unknown") in text


def test_a_hung_supervisor_is_replaced(under_load):
    pid = part("superd-supervisor")
    os.kill(pid, signal.SIGSTOP)
    until("another supervisor", lambda: part("superd-supervisor") not in (None, pid), timeout=90)


def test_a_hung_keeper_is_replaced_by_systemds_watchdog(under_load, setting):
    setting(f"WatchdogSec={2 * machine.PATIENCE}s")
    sh("systemctl", "restart", "superd", timeout=60)  # Which is told of it as it starts.
    pid = superd_pid()
    os.kill(pid, signal.SIGSTOP)
    until("another superd", lambda: superd_pid() not in (0, pid), timeout=120)


def test_stop_stops_all_in_order_and_start_brings_all_back(units):
    units.add("database", SLEEPER)
    units.add("front", SLEEPER + '[depends]\nneeds = ["database"]\n')
    units.apply()
    before = pids("database", "front")
    sh("systemctl", "stop", "superd", timeout=90)
    assert not any(machine.alive(pid) for each in before.values() for pid in each)
    assert show("superd.service", "Result")["Result"] == "success"
    sh("systemctl", "start", "superd", timeout=90)
    for name in ("database", "front"):
        ctl("wait", "--ready", name, "--timeout", "60s", timeout=60)
    told = [line for line in ctl("events", "--since", "10m").stdout.splitlines() if "stopped" in line or "exit" in line]
    order = [name for line in told for name in ("front", "database") if name in line]
    assert order.index("front") < order.index("database"), told
