"""superd.service: what systemd keeps for superd while there is none, and what services inherit of the unit."""
import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest

import machine

SERVICE = "superd.service"
CONTROL = "/run/superd/control.sock"
# Says when it is ready, ends with 42 on SIGUSR1.
ENDING = ('exec = ["/usr/bin/python3", "-c", "import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); '
          "print('waiting', flush=True); signal.sigwait([signal.SIGUSR1]); print('last words', flush=True); sys.exit(42)\"]\n"
          '[ready]\nlog = "^waiting$"\n[restart]\npolicy = "never"\n')
# Numbered lines, as fast as they go.
COUNTING = ('exec = ["/bin/bash", "-c", "trap \'exit 0\' TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01 & wait $!; done"]\n')
SLEEPING = 'exec = ["/bin/sleep", "100000"]\nuser = "nobody"\n'


def main_pid():
    return int(machine.show(SERVICE, "MainPID")["MainPID"])


def until_active(old=0):
    def look():
        shown = machine.show(SERVICE, "ActiveState", "SubState", "MainPID")
        good = shown["ActiveState"] == "active" and int(shown["MainPID"]) not in (0, old)
        return int(shown["MainPID"]) if good else None
    return machine.until("superd to be active again", look)


def check_lines(name):
    machine.ctl("stop", name)
    text = machine.ctl("logs", name, "--lines", "1000000", "--json").stdout
    lines = [json.loads(line)["message"] for line in text.splitlines() if line]
    found = [int(line.split()[1]) for line in lines if line.startswith("line ")]
    assert found == list(range(1, len(found) + 1)) and len(found) > 5


def kernel_tells_how_strangers_ended():
    return tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 15)


def test_how_a_service_ended_that_ended_without_superd(units):
    units.add("ends", ENDING)
    units.add("stays", SLEEPING)
    units.add("counter", COUNTING)
    units.apply()
    before = machine.pids("ends", "stays", "counter")
    machine.until("the store", lambda: int(machine.show(SERVICE, "NFileDescriptorStore")["NFileDescriptorStore"]) >= 3 + 9)
    ending = before["ends"][0]
    # It ends in the moment in which no superd lives.
    old = main_pid()
    os.kill(old, signal.SIGKILL)
    os.kill(ending, signal.SIGUSR1)
    until_active(old)
    ended = machine.until("the end of it", lambda: (found := machine.status("ends")["instances"][0])["state"] == "failed" and found)
    told = ended["last-exit"]
    assert (told["code"], told["signal"]) == ((42, None) if kernel_tells_how_strangers_ended() else (None, None)), told
    assert ("42" if kernel_tells_how_strangers_ended() else "unknown") in machine.ctl("status", "ends", check=False).stdout
    assert machine.pids("stays", "counter") == {name: before[name] for name in ("stays", "counter")}
    machine.until("the last line", lambda: "last words" in machine.ctl("logs", "ends").stdout)
    check_lines("counter")


def test_the_users_unit_is_good():
    found = machine.sh("systemd-analyze", "verify", "--man=no", "--user", "superd.service", check=False)
    assert not [line for line in found.stderr.splitlines() if "superd" in line and "Unknown key" not in line], found.stderr


def test_nobody_is_refused_while_it_is_started_again(units):
    units.add("one", SLEEPING)
    units.apply()
    old = main_pid()
    os.kill(old, signal.SIGKILL)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(30 * machine.PATIENCE)
        client.connect(CONTROL)
        client.sendall(b"GET /v1/version HTTP/1.1\r\nHost: superd\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
    until_active(old)


def test_reload_is_superctls(units):
    units.add("one", SLEEPING)
    machine.sh("systemctl", "reload", SERVICE)
    machine.until("the new unit", lambda: machine.status("one")["instances"][0]["state"] == "ready")
    broken = machine.UNITS / "broken.toml"
    broken.write_text("exec = 17\n")
    try:
        assert machine.sh("systemctl", "reload", SERVICE, check=False).returncode != 0
        assert machine.show(SERVICE, "ActiveState")["ActiveState"] == "active"
    finally:
        broken.unlink()


def test_a_service_is_not_protected_as_superd_is(units):
    units.add("one", SLEEPING)
    units.apply()
    pid = machine.pids("one")["one"][0]
    assert pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "0"
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3] == "1024"


def test_the_socket_unit_starts_it(units):
    units.add("one", SLEEPING)
    units.apply()
    machine.sh("systemctl", "stop", SERVICE, timeout=60)
    machine.sh("systemctl", "start", "superd.socket")
    try:
        assert machine.ctl("status", "--json", "one", check=False, timeout=60).returncode in (0, 3)
        until_active()
        machine.until("the service", lambda: machine.status("one")["instances"][0]["state"] == "ready")
        before = machine.pids("one")
        old = main_pid()
        machine.sh("systemctl", "restart", SERVICE)
        until_active(old)
        assert machine.pids("one") == before
        machine.sh("systemctl", "stop", SERVICE, check=False, timeout=60)
        assert os.path.exists(CONTROL)
    finally:
        subprocess.run(["systemctl", "stop", "superd.socket", "superd.service"], timeout=200)
        machine.sh("systemctl", "start", SERVICE, timeout=60)


@pytest.fixture
def drop_in():
    """A function that gives superd's unit more, and starts superd again with it."""
    place = pathlib.Path("/run/systemd/system/superd.service.d/test.conf")

    def give(text):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        take_up()

    def take_up():
        machine.sh("systemctl", "daemon-reload")
        machine.sh("systemctl", "restart", SERVICE)
        until_active()

    yield give
    place.unlink(missing_ok=True)
    take_up()


def test_the_hardened_drop_in_lets_it_do_its_work(units, drop_in):
    units.add("one", SLEEPING)
    units.apply()
    before = machine.pids("one")
    drop_in(pathlib.Path("/usr/share/doc/superd/systemd/hardened.conf").read_text())
    assert machine.pids("one") == before
    machine.ctl("restart", "one")
    pid = machine.until("it to be ready", lambda: machine.status("one")["instances"][0]["state"] == "ready") and machine.pids("one")["one"][0]
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status


def test_started_in_a_subgroup_it_stays_there(units, drop_in):
    version = int(machine.sh("systemctl", "--version").stdout.split()[1])
    if version < 254:
        pytest.skip(f"systemd {version} has no DelegateSubgroup=")
    units.add("one", SLEEPING)
    units.apply()
    before = machine.pids("one")
    drop_in("[Service]\nDelegateSubgroup=main\nExecStopPost=\n")
    for _ in range(2):
        assert machine.pids("one") == before
        group = pathlib.Path(f"/proc/{main_pid()}/cgroup").read_text().splitlines()[-1]
        assert group.endswith("/system.slice/superd.service/main")
        old = main_pid()
        os.kill(old, signal.SIGKILL)
        until_active(old)
    machine.ctl("restart", "one")
    group = pathlib.Path(f"/proc/{machine.pids('one')['one'][0]}/cgroup").read_text().splitlines()[-1]
    assert group.endswith("/system.slice/superd.service/one:0")
    assert machine.ctl("freeze", "one").stdout == "one: frozen\n"
