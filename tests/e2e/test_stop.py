"""Stopping: the whole tree, step by step, and nothing but the tree."""
import sys
import time

import pytest

import harness
import processes

FAMILY = harness.PROGRAMS / "family.py"


def family(superd, *more, stop=""):
    """A unit whose tree does not want to end; its pids when it is complete."""
    side = superd.base / "family"
    words = ", ".join(f'"{word}"' for word in (sys.executable, FAMILY, side, *more))
    superd.unit("family", f'exec = [{words}]\nready.log = "complete"\n{stop}')
    superd.unit("other", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.ctl("wait", "--all", "--ready")
    pids = list(map(int, side.read_text().split()))
    assert len(pids) == 3 and all(map(processes.alive, pids))
    return pids


def living(pids):
    """Which of a family still live."""
    return {member: pid for member, pid in zip(("leader", "child", "grandchild"), pids)
            if processes.alive(pid) and not processes.exiting(pid)}


# The kernel knows who belongs to a control group; without them superd finds that out.
everywhere = pytest.mark.parametrize("cgroup", ["auto", "off"])
STEPS = '[stop]\nsignals = [["SIGTERM", "300ms"], ["SIGKILL", "5s"]]\n'
# Time in which who obeys ends, and what passes is seen, also on a machine with much to do.
LONG_STEPS = STEPS.replace("300ms", "5s")


@everywhere
def test_a_stop_ends_a_grandchild_that_left_the_session_and_ignores_sigterm(superd, cgroup):
    superd.settings(f'supervisor.cgroup = "{cgroup}"\n')
    pids, other = family(superd, stop=STEPS), superd.pid("other")
    superd.ctl("stop", "family")
    assert living(pids) == {}
    assert superd.instance("family")["last-exit"]["signal"] == "SIGKILL"
    assert superd.pid("other") == other


@everywhere
def test_a_leader_that_obeys_does_not_end_the_escalation(superd, cgroup):
    superd.settings(f'supervisor.cgroup = "{cgroup}"\n')
    pids = family(superd, "obedient", stop=LONG_STEPS)
    superd.ctl("stop", "family")
    assert living(pids) == {}
    assert superd.instance("family")["last-exit"]["code"] == 0


@everywhere
def test_a_leader_that_dies_takes_its_tree_along_before_the_restart(superd, cgroup):
    superd.settings(f'supervisor.cgroup = "{cgroup}"\n')
    pids = family(superd, stop=STEPS)
    processes.kill(pids[0])
    new = superd.await_new_pid("family", pids[0])
    assert living(pids) == {}
    assert processes.alive(new)


def test_a_supervisor_killed_during_a_stop_ends_it_all_the_same(superd):
    pids = family(superd, stop=LONG_STEPS)
    superd.ctl("stop", "family", "--no-wait")
    superd.await_state("family", "stopping")
    processes.kill(superd.parts()["supervisor"])
    superd.ctl("wait", "family", "--stopped")
    assert living(pids) == {}


def test_signals_are_sent_in_the_order_that_the_unit_says(superd):
    superd.unit("deaf", '''exec = ["sh", "-c", """
trap 'echo got USR1' USR1; trap 'echo got TERM' TERM; trap 'echo got INT' INT
echo up; while :; do sleep 1000 & wait $!; done"""]
ready.log = "^up$"
stop.signals = [["SIGUSR1", "2s"], ["SIGTERM", "2s"], ["SIGINT", "2s"], ["SIGKILL", "5s"]]''')
    superd.start()
    superd.ctl("wait", "deaf", "--ready")
    begun = time.monotonic()
    superd.ctl("stop", "deaf")
    assert time.monotonic() - begun >= 5.9
    lines = [line.rpartition(": ")[2] for line in superd.ctl("logs", "deaf", "-n", "100").stdout.splitlines()]
    assert [line for line in lines if line.startswith("got")] == ["got USR1", "got TERM", "got INT"]
    assert superd.instance("deaf")["last-exit"]["signal"] == "SIGKILL"


def test_one_slow_stop_delays_nobody_else(superd):
    family(superd, stop='[stop]\nsignals = [["SIGTERM", "1h"], ["SIGKILL", "5s"]]\n')
    superd.ctl("stop", "family", "--no-wait")
    superd.await_state("family", "stopping")
    superd.ctl("restart", "other")
    one = superd.instance("family")
    assert one["state"] == "stopping" and "SIGTERM" in one["reason"]
    # A second stop with a harder unit would be another story: here the operator sends it himself.
    superd.ctl("signal", "KILL", "family", "--tree")
    superd.ctl("wait", "family", "--stopped", "--timeout", "30s")


def test_a_second_sigterm_does_not_hurt_and_the_shutdown_has_a_deadline(superd):
    superd.settings('[supervisor]\nshutdown-timeout = "1s"\n')
    pids = family(superd, stop='[stop]\nsignals = [["SIGTERM", "1min"], ["SIGKILL", "5s"]]\n')
    superd.process.terminate()
    superd.process.terminate()
    assert superd.process.wait(harness.PATIENCE) == 0
    assert living(pids) == {}
