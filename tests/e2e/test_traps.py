"""Where other supervisors fell in, and superd must not; tests/TRAPS.md has them all."""
import datetime
import os
import signal
import subprocess
import sys
import threading

import pytest

import harness
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'


def test_a_stop_while_it_starts_takes_effect(superd):
    superd.unit("web", SLEEP + 'ready.tcp = "127.0.0.1:9"\nready.timeout = "1h"\n')
    superd.start()
    one = superd.await_state("web", "starting")
    superd.ctl("stop", "web", "--timeout", "20s")
    assert superd.instance("web")["state"] == "inactive" and not processes.alive(one["pid"])
    assert [event["unit"] for event in superd.events() if event["event"] == "spawn"] == ["web"]


def test_programs_that_cannot_start_leave_time_for_the_others(superd):
    """Retried for ever and without a delay, thirty of them are no busy loop."""
    for i in range(30):
        superd.unit(f"bad-{i}", f'exec = ["{superd.base}/missing"]\nrestart.delay = "0s"\n')
    superd.unit("web", SLEEP)
    superd.start()
    superd.await_state("web", "ready")
    for _ in range(3):
        superd.ctl("restart", "web")

    def tries():
        return [datetime.datetime.fromisoformat(event["time"]).timestamp() for event in superd.events()
                if event["event"] == "spawn-failed" and event["unit"] == "bad-0"]
    superd.await_that(lambda: len(tries()) >= 4)
    moments = tries()
    assert all(later - earlier > 0.09 for earlier, later in zip(moments, moments[1:])), moments
    superd.ctl("stop", "bad-*")
    assert {one["state"] for name, one in superd.instances().items() if name != "web/0"} == {"inactive"}


def test_a_quit_meant_for_the_old_worker_is_not_taken_by_the_new(superd):
    told = superd.base / "told"
    program = f'''
import os, signal
def say(what):
    with open("{told}", "a") as out:
        out.write(f"{{what}} {{os.getpid()}}\\\\n")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGQUIT])
say("up")
print("up", flush=True)
signal.sigwait([signal.SIGQUIT])
say("quit")
'''
    superd.unit("web", f'exec = ["{sys.executable}", "-c", """{program}"""]\nready.log = "^up$"\n'
                       'stop.signals = [["SIGQUIT", "1min"]]\n')
    superd.start()
    superd.ctl("wait", "web", "--ready")
    for _ in range(10):
        superd.ctl("restart", "web")
    superd.ctl("stop", "web")
    lines = [line.split() for line in told.read_text().splitlines()]
    assert [what for what, _ in lines] == ["up", "quit"] * 11
    assert all(lines[i][1] == lines[i + 1][1] for i in range(0, len(lines), 2))
    ended = [(event.get("code"), event.get("signal")) for event in superd.events() if event["event"] == "exit"]
    assert ended == [(0, None)] * 11


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to choose the next process's number")
def test_a_number_that_somebody_else_has_now_is_not_signalled(superd):
    """The stop of a tree goes on though its leader is gone and its number is another service's."""
    survivor = "trap '' TERM; echo up; while :; do sleep 100000; done"
    superd.unit("web", f'''exec = ["sh", "-c", """setsid sh -c "{survivor}" & trap 'exit 0' TERM; wait"""]
ready.log = "^up$"
stop.signals = [["SIGTERM", "1h"]]''')
    superd.unit("other", "autostart = false\n" + SLEEP)
    superd.settings('supervisor.cgroup = "off"\n')  # A control group has no number to mistake.
    superd.start(prefix=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])
    keeper = processes.children(superd.process.pid)[0]
    superd.ctl("wait", "web", "--ready")
    number = superd.pid("web")
    superd.ctl("stop", "web", "--no-wait")
    superd.await_that(lambda: [event for event in superd.events() if event["event"] == "exit"])
    for _ in range(100):
        # It may still be a zombie's, and others may be given numbers meanwhile.
        subprocess.run(["nsenter", "-t", str(keeper), "-p", "-m", "sh", "-c",
                        f"echo {number - 1} >/proc/sys/kernel/ns_last_pid"], check=True)
        superd.ctl("start", "other")
        if superd.pid("other") == number:
            break
        superd.ctl("stop", "other")
    assert superd.pid("other") == number
    assert superd.instance("web")["state"] == "stopping"
    for name in ("TERM", "KILL"):
        superd.ctl("signal", name, "web", "--tree")
    superd.ctl("wait", "web", "--stopped", "--timeout", "20s")
    one = superd.instance("other")
    assert (one["pid"], one["state"]) == (number, "ready")
    processes.send(keeper, signal.SIGTERM)
    assert superd.process.wait(30) == 0


def config_map(superd, version):
    """Shows a version of the units as Kubernetes does: by a link that is replaced."""
    units = superd.config / "units"
    (units / "..new").symlink_to(f"..{version}")
    (units / "..new").rename(units / "..data")


def test_a_reload_sees_one_version_of_a_config_map(superd):
    names = [f"web-{i}" for i in range(10)]
    units = superd.config / "units"
    for version in ("one", "two"):
        (units / f"..{version}").mkdir()
        for name in names:
            superd.unit(f"..{version}/{name}", f'description = "{version}"\n{SLEEP}')
    config_map(superd, "one")
    for name in names:
        (units / f"{name}.toml").symlink_to(f"..data/{name}.toml")
    superd.start()
    before = superd.pids()
    assert len(before) == len(names)
    done, swaps = threading.Event(), []

    def swap():
        while not done.wait(0.012):  # No file system's clock has a longer tick.
            swaps.append(None)
            config_map(superd, ("one", "two")[len(swaps) % 2])

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        while len(swaps) < 30:
            result = superd.ctl("reload", expect=None)
            assert result.returncode == 0 or "keep changing" in result.stderr
            assert len({unit["description"] for unit in superd.units().values()}) == 1
    finally:
        done.set()
        swapping.join()
    config_map(superd, "two")
    superd.ctl("reload")
    assert {unit["description"] for unit in superd.units().values()} == {"two"}
    assert superd.pids() == before
