"""A unit that superd does not outlive: superd stops everything and tells its exit code."""
import os
import signal

import processes


def test_superd_exits_with_the_code_of_the_essential_unit(superd):
    superd.unit("main", """exec = ["sh", "-c", "read line < $0; exit 7", "%s/gate"]
essential = true
restart.policy = "never"
""" % superd.base)
    superd.unit("side", 'exec = ["sleep", "100000"]\n')
    gate = superd.base / "gate"
    os.mkfifo(gate)
    superd.start()
    side = superd.pid("side")
    gate.write_text("go\n")
    assert superd.process.wait(30) == 7
    assert not processes.alive(side)
    superd.await_text("stopping all units: main, which is essential, is lost (exit 7")


def test_superd_exits_with_it_though_the_supervisor_is_killed_meanwhile(superd):
    superd.unit("main", 'exec = ["sleep", "100000"]\nessential = true\nrestart.policy = "never"\n')
    superd.unit("side", """exec = ["sh", "-c", "trap '' TERM; echo deaf; read line < $0", "%s/gate"]
ready.log = "deaf"
stop.signals = [["SIGTERM", "1h"], ["SIGKILL", "5s"]]
""" % superd.base)
    os.mkfifo(superd.base / "gate")
    superd.start()
    superd.await_state("side", "ready")
    side = superd.pid("side")
    os.kill(superd.pid("main"), signal.SIGKILL)
    superd.await_state("side", "stopping")
    before = superd.status()["superd"]["supervisor"]
    os.kill(before["pid"], signal.SIGKILL)
    superd.await_that(lambda: superd.status()["superd"]["supervisor"]["restarts"] == before["restarts"] + 1)
    superd.await_state("side", "stopping")
    os.kill(side, signal.SIGKILL)
    assert superd.process.wait(30) == 128 + signal.SIGKILL


def test_what_the_operator_stops_is_not_lost(superd):
    superd.unit("main", 'exec = ["sleep", "100000"]\nessential = true\n')
    superd.start()
    superd.ctl("stop", "main")
    superd.ctl("start", "main")
    assert superd.terminate() == 0
