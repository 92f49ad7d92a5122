"""Who runs superd: root, a user without any right, a container's kernel as process 1; and only one."""
import os
import re
import signal
import subprocess
import time

import pytest

import harness
import processes

NOBODY = (65534, 65534)
SLEEP = 'exec = ["sleep", "100000"]\n'


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_user_without_rights_can_run_it(make_superd):
    superd = make_superd(user=NOBODY)
    superd.arguments = ["--user"]
    superd.unit("web", 'exec = ["sh", "-c", "echo here; exec sleep 100000"]\n')
    superd.unit("bad", 'exec = ["true"]\nuser = "root"\nautostart = false\nrestart.policy = "never"\n')
    superd.start()
    assert os.stat(f"/proc/{superd.pid('web')}").st_uid == NOBODY[0]
    superd.await_that(lambda: "here" in superd.ctl("logs", "web").stdout)
    assert superd.status()["superd"]["logger"]["restarts"] == 0
    before = superd.pid("web")
    processes.kill(superd.parts()["supervisor"])
    assert superd.pid("web") == before
    superd.kill_all_parts()
    superd.start()
    assert superd.pid("web") == before
    refused = superd.ctl("start", "bad", expect=1)
    assert "Operation not permitted" in refused.stderr
    own = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                          *superd.command("stop", "web")], capture_output=True, text=True, timeout=30)
    assert own.returncode == 0, own.stderr
    assert superd.terminate() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_service_runs_as_the_user_that_its_unit_names(superd):
    superd.unit("web", 'exec = ["sh", "-c", "echo $(id -un) $(id -gn) $HOME $USER; umask; pwd; exec sleep 100000"]\n'
                       'user = "nobody"\numask = "0077"\ndirectory = "/usr"\nready.log = "^/usr$"\n')
    superd.start()
    superd.ctl("wait", "web", "--ready")
    lines = [line.split(": ", 1)[1] for line in superd.ctl("logs", "web").stdout.splitlines()]
    assert lines == ["nobody nogroup /nonexistent nobody", "0077", "/usr"]


def test_a_second_superd_is_refused(superd):
    superd.unit("web", SLEEP)
    superd.start()
    before = superd.pids()
    second = subprocess.run(superd.command_line(), capture_output=True, text=True, timeout=30)
    assert second.returncode == 75
    assert re.search(rf"superd: cannot start: another superd \(pid {superd.process.pid}\)", second.stderr)
    assert superd.pids() == before


def test_sigint_ends_it_like_ctrl_c(superd):
    superd.unit("web", SLEEP)
    superd.start()
    superd.process.send_signal(signal.SIGINT)
    assert superd.process.wait(30) == 0
    assert superd.survivors() == []
    assert not (superd.runtime / "control.sock").exists()


def test_an_empty_configuration_runs(superd):
    superd.start()
    assert superd.status()["units"] == []
    assert superd.terminate() == 0


def test_what_a_service_finds_when_it_starts(superd):
    """A clean process: its own session, no stray descriptors, default signals, superd's variables."""
    superd.unit("web", '''exec = ["sh", "-c", """
ls -l /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\\\t'
echo $SUPERD_SERVICE $SUPERD_INSTANCE $PATH; ps -o sid= -p $$ | tr -d ' '; echo end; exec sleep 100000"""]
ready.log = "^end$"''')
    superd.start()
    superd.ctl("wait", "web", "--ready")
    lines = [line.split(": ", 1)[1] for line in superd.ctl("logs", "web", "-n", "50").stdout.splitlines()]
    # "total 0", three standard descriptors, and the one that ls itself opens.
    assert lines[0] == "5"
    assert lines[1:3] == ["SigBlk:" + "0" * 16, "SigIgn:" + "0" * 16]
    assert lines[3] == "web web/0 /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert lines[4] == str(superd.pid("web"))
    assert processes.parent(superd.pid("web")) == superd.process.pid


ORPHANS = """exec = ["sh", "-c", '''
i=0
while test $i -lt 20; do i=$((i + 1)); (setsid sh -c 'sleep 0.1' &) ; done
sleep 0.6; echo orphaned; exec sleep 100000''']
ready.log = "^orphaned$"
"""


def zombies(superd_pid):
    return [pid for pid in processes.children(superd_pid) if processes.state(pid) == "Z"]


def test_orphans_are_reaped(superd):
    superd.unit("web", ORPHANS)
    superd.start()
    superd.ctl("wait", "web", "--ready")
    superd.await_that(lambda: zombies(superd.process.pid) == [])
    assert superd.instance("web")["restarts"] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a pid namespace")
def test_as_process_1_of_a_container(superd):
    superd.unit("web", ORPHANS)
    superd.unit("db", SLEEP)
    superd.start(prefix=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])
    keeper = processes.children(superd.process.pid)[0]
    assert "1" in open(f"/proc/{keeper}/status").read().split("NSpid:")[1].splitlines()[0].split()[1:]
    superd.ctl("wait", "--all", "--ready")
    superd.await_that(lambda: zombies(keeper) == [])
    supervisor = next(pid for pid in processes.children(keeper) if processes.program(pid) == "superd-supervisor")
    before = superd.pids()
    processes.kill(supervisor)
    assert superd.pids() == before
    processes.send(keeper, signal.SIGTERM)
    assert superd.process.wait(30) == 0


def test_wrong_options_are_refused_with_a_suggestion():
    def superd(*words):
        return subprocess.run([harness.BIN / "superd", *words], capture_output=True, text=True, timeout=30)
    assert superd("--confg", "x").returncode == 64 and "did you mean --config?" in superd("--confg", "x").stderr
    assert superd("--help").returncode == 0 and superd("--version").stdout.split()[0] == "superd"
    missing = superd("--check", "--config", "/nonexistent")
    assert missing.returncode == 78 and "/nonexistent" in missing.stderr


def test_idle_it_does_nothing(superd):
    """No wake-ups but the heartbeat's, which is every ten seconds."""
    for i in range(20):
        superd.unit(f"svc-{i}", SLEEP)
    superd.start()
    superd.ctl("wait", "--all", "--ready")
    pids = [superd.process.pid, *superd.parts().values()]

    def switches():
        total = 0
        for pid in pids:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/status") as status:
                    total += sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)
        return total

    def switches_meanwhile():
        before = switches()
        time.sleep(3)  # Idleness is what is measured.
        return switches() - before

    # What starting left behind settles, on a machine with much to do not at once.
    measured = []
    while not measured or measured[-1] > 10:
        assert len(measured) < 6, measured
        measured.append(switches_meanwhile())
