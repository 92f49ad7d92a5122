"""[limits]: what they do where the kernel has the controllers, and what is said where it has not.

The first half needs cgroup v2 with memory, pids and cpu controllers: a virtual machine has them, a host whose
controllers belong to cgroup v1 has not, and then these tests say so and are skipped.
"""
import os
import resource
import sys

import pytest

import cgroups
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'
# Takes so many MiB, in a child if it is asked to, and waits to be told of its end.
HOG = """
import os, sys
def eat(mebibytes):
    held = []
    for _ in range(mebibytes):
        held.append(bytearray(os.urandom(1 << 10) * (1 << 10)))
    print("full", flush=True)
    return held
if sys.argv[1] == "child":
    pid = os.fork()
    if pid == 0:
        held = eat(int(sys.argv[2]))
        sys.stdin.read()
        os._exit(0)
    print("child", os.waitpid(pid, 0)[1], flush=True)
else:
    held = eat(int(sys.argv[2]))
import signal
signal.pause()
"""
FORKER = """
import os, signal
made = 0
try:
    while True:
        if os.fork() == 0:
            signal.pause()
        made += 1
except OSError as error:
    print("made", made, error.errno, flush=True)
signal.pause()
"""


def python(program, *arguments):
    words = [sys.executable, "-c", program, *map(str, arguments)]
    return "exec = [" + ", ".join(f"'''{word}'''" for word in words) + "]\n"


@pytest.fixture
def group():
    made = cgroups.make_group(f"superd-limits-{os.getpid()}")
    if isinstance(made, str):
        pytest.skip(f"{made}: no limit was tried")
    yield made
    made.remove()


@pytest.fixture
def limited(group, superd):  # So superd is ended before its group.
    """superd with a group that has the controllers; not yet started."""
    missing = {"memory", "pids", "cpu"} - set(group.controllers())
    if missing:
        pytest.skip(f"cgroup v2 has no {', '.join(sorted(missing))} controller here: no limit was tried")
    superd.settings(f'supervisor.cgroup = "{group.path}"\n')
    return superd


def of(superd, unit, kind):
    return [e for e in superd.events() if e.get("unit") == unit and e["event"] == kind]


def test_what_takes_too_much_memory_is_killed_and_nobody_else(limited):
    limited.unit("hog", python(HOG, "self", 256) + 'restart.policy = "never"\n[limits]\nmemory-max = "64MiB"\nswap-max = "0B"\n')
    limited.unit("other", SLEEP)
    limited.start()
    limited.await_state("hog", "failed", timeout=120)
    last = limited.instance("hog")["last-exit"]
    assert last["signal"] == "SIGKILL" and last["oom"] is True
    assert last["cause"] == "killed by the kernel: out of memory, memory-max 64 MiB"
    (exit_event,) = of(limited, "hog", "exit")
    assert exit_event["oom"] is True
    assert "out of memory" in limited.ctl("status", "hog", expect=3).stdout
    assert "want of memory" in limited.ctl("why", "hog").stdout
    assert limited.instance("other")["restarts"] == 0 and limited.instance("other")["state"] == "ready"


def test_a_child_that_is_killed_for_memory_is_told_and_the_rest_goes_on(limited):
    limited.unit("hog", python(HOG, "child", 256) + '[limits]\nmemory-max = "64MiB"\nswap-max = "0B"\n')
    limited.start()
    (told,) = limited.await_that(lambda: of(limited, "hog", "oom"), timeout=120)
    assert told["message"] == "a process of it was killed by the kernel: out of memory, memory-max 64 MiB"
    assert limited.instance("hog")["state"] == "ready" and not of(limited, "hog", "exit")
    # What ends it later is no want of memory.
    processes.kill(limited.pid("hog"))
    limited.await_that(lambda: of(limited, "hog", "exit"))
    assert "oom" not in of(limited, "hog", "exit")[0]
    assert len(of(limited, "hog", "oom")) == 1


def test_kill_instance_leaves_nobody_behind(limited, group):
    limited.unit("hog", python(HOG, "child", 256) +
                 'restart.policy = "never"\n[limits]\nmemory-max = "64MiB"\nswap-max = "0B"\noom-policy = "kill-instance"\n')
    limited.start()
    limited.await_state("hog", "failed", timeout=120)
    assert limited.instance("hog")["last-exit"]["oom"] is True
    assert group.pids("hog:0") == []


def test_a_fork_bomb_meets_pids(limited):
    limited.unit("bomb", python(FORKER) + 'ready.log = "made"\n[limits]\npids = 20\n')
    limited.unit("other", SLEEP)
    limited.start()
    limited.ctl("wait", "--all", "--ready", "--timeout", "2min", timeout=150)
    assert "made 19 11" in limited.ctl("logs", "bomb").stdout
    assert limited.json("status", "bomb")["units"][0]["instances"][0]["tasks"] == 20
    limited.ctl("stop", "bomb", "--timeout", "1min", timeout=90)


def test_a_quota_is_kept_to(limited, group):
    limited.unit("busy", 'exec = ["sh", "-c", "echo up; while :; do :; done"]\nready.log = "up"\n[limits]\ncpu = "20%"\n')
    limited.start()
    limited.ctl("wait", "busy", "--ready")
    assert group.read("cpu.max", "busy:0") == "20000 100000\n"

    def throttled():
        stat = dict(line.split() for line in group.read("cpu.stat", "busy:0").splitlines())
        return int(stat["nr_throttled"]) > 10 and stat
    stat = limited.await_that(throttled, timeout=120)
    used, periods = int(stat["usage_usec"]), int(stat["nr_periods"])
    assert used <= (periods + 2) * 20_000 * 1.5, stat


def test_another_limit_holds_at_once_without_a_restart(limited, group):
    limited.unit("web", SLEEP + '[limits]\nmemory-max = "64MiB"\npids = 10\n')
    limited.start()
    limited.ctl("wait", "web", "--ready")
    before = limited.pid("web")
    assert group.read("memory.max", "web:0") == f"{64 << 20}\n"
    limited.unit("web", SLEEP + '[limits]\nmemory-max = "96MiB"\ncpu-weight = 50\n')
    limited.ctl("reload")
    assert group.read("memory.max", "web:0") == f"{96 << 20}\n"
    assert group.read("pids.max", "web:0") == "max\n" and group.read("cpu.weight", "web:0") == "50\n"
    assert limited.pid("web") == before


def test_a_new_supervisor_gives_back_controllers_and_limits_that_were_taken(limited, group):
    limited.unit("web", SLEEP + '[limits]\nmemory-max = "64MiB"\n')
    limited.start()
    limited.ctl("wait", "web", "--ready")
    before = limited.pid("web")
    for controller in ("memory", "pids", "cpu", "io"):
        try:
            (group.path / "cgroup.subtree_control").write_text(f"-{controller}")
        except OSError:
            pass  # It was not there.
    assert not (group.path / "web:0" / "memory.max").exists()
    processes.kill(limited.parts()["supervisor"])
    assert limited.pid("web") == before
    assert group.read("memory.max", "web:0") == f"{64 << 20}\n"


def test_the_groups_figures_are_in_the_status(limited):
    limited.unit("hog", python(HOG, "self", 20) + 'ready.log = "full"\n')
    limited.start()
    limited.ctl("wait", "hog", "--ready", "--timeout", "2min", timeout=150)
    (hog,) = limited.json("status", "hog")["units"][0]["instances"]
    assert hog["memory"] > 20 << 20 and hog["memory-peak"] >= hog["memory"]
    assert hog["swap"] >= 0 and hog["tasks"] >= 1 and hog["cpu"] > 0
    assert "at the peak" in limited.ctl("status", "hog").stdout


# --- Anywhere: what needs no controller.


def test_limits_of_processes_are_there_before_the_program(superd):
    superd.unit("web", '''exec = ["sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; exec sleep 100000"]
[limits]
open-files = 100
core = "0B"
oom-score-adjust = 500
''')
    superd.start()
    lines = superd.await_that(lambda: [line.rsplit(": ", 1)[-1] for line in superd.ctl("logs", "web").stdout.splitlines()][3:]
                              and superd.ctl("logs", "web").stdout)
    assert [line.rsplit(": ", 1)[-1] for line in lines.splitlines()] == ["100", "100", "0", "500"]


def test_no_limit_of_open_files_is_as_many_as_the_kernel_allows(make_superd):
    with open("/proc/sys/fs/nr_open") as file:
        most = int(file.read())
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    superd = make_superd(user=(65534, 65534))
    superd.unit("web", '''exec = ["sh", "-c", "ulimit -Sn; ulimit -Hn; exec sleep 100000"]
[limits]
open-files = "unlimited"
''')
    superd.start()
    numbers = superd.await_that(lambda: [int(line.rsplit(": ", 1)[-1]) for line in superd.ctl("logs", "web").stdout.splitlines()][1:]
                                and [int(line.rsplit(": ", 1)[-1]) for line in superd.ctl("logs", "web").stdout.splitlines()])
    assert numbers == [min(most, hard)] * 2


def test_a_limit_that_cannot_be_is_a_failed_start_that_names_it(make_superd):
    superd = make_superd(user=(65534, 65534))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    superd.unit("web", f"{SLEEP}restart.policy = \"never\"\n[limits]\nopen-files = {hard + 1}\n")
    superd.start()
    superd.await_state("web", "failed")
    reason = superd.instance("web")["reason"]
    assert f"set RLIMIT_NOFILE to {hard + 1}: Operation not permitted (units/web.toml:" in reason


def test_without_control_groups_it_runs_and_all_say_what_does_not_hold(superd):
    superd.settings('supervisor.cgroup = "off"\n')
    superd.unit("web", f'{SLEEP}[limits]\nmemory-max = "512MiB"\npids = 5\n')
    superd.start()
    superd.ctl("wait", "web", "--ready")
    assert "cannot hold units to their [limits]: memory-max, pids of web; control groups are not used: " \
           "superd.toml says off; they run without" in superd.await_text("cannot hold units")
    (web,) = superd.json("status", "web")["units"]
    assert [notice.split(":")[0] for notice in web["notices"]] == ["limits.memory-max does not hold",
                                                                  "limits.pids does not hold"]
    assert "notice" in superd.ctl("status", "web").stdout
    data = next(line for line in open(f"/proc/{superd.pid('web')}/limits", encoding="ascii")
                if line.startswith("Max data size"))
    assert data.split()[3:5] == [str(512 << 20)] * 2, "in the place of memory-max"


def test_where_a_controller_is_missing_only_that_is_said(group, superd):
    if "memory" in group.controllers():
        pytest.skip("every controller is there")
    superd.settings(f'supervisor.cgroup = "{group.path}"\n')
    superd.unit("web", f"{SLEEP}[limits]\npids = 5\n")
    superd.unit("plain", SLEEP)
    superd.start()
    superd.ctl("wait", "--all", "--ready")
    units = superd.units()
    assert units["web"]["notices"] == [f"limits.pids does not hold: {group.path} has no pids controller: "
                                       "whoever delegates it has to pass that on"]
    assert "notices" not in units["plain"]
    assert superd.pid("web") in group.pids("web:0")
