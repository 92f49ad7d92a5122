"""superctl health, as the probes of a container and scripts ask it."""
import os
import signal
import subprocess
import time

import pytest

import harness
import processes

GATED = """exec = ["sh", "-c", "read line < $0; echo up; exec sleep 100000", "%s/gate"]
ready.log = "up"
ready.timeout = "1h"
"""


def health(superd, *arguments, expect=0):
    """The line that is printed; nothing else may be. A machine that stalls may take longer than it waits by itself."""
    patience = () if "--timeout" in arguments else ("--timeout", "60s")
    result = superd.ctl("health", *arguments, *patience, expect=expect)
    assert (result.stdout.count("\n") == 1) != bool(result.stderr), result
    return result.stdout + result.stderr


@pytest.fixture
def gated(superd):
    """A superd with one unit that is ready when the returned gate is written to."""
    superd.unit("web", GATED % superd.base)
    superd.unit("side", 'exec = ["sleep", "100000"]\nautostart = false\n')
    os.mkfifo(superd.base / "gate")
    superd.start()
    superd.await_state("web", "starting")
    return superd


def test_a_unit_that_is_not_ready_is_named_and_another_that_is_not_wanted_does_not_matter(gated):
    assert health(gated, "--liveness") == "healthy: superd answers\n"
    for probe in ("--readiness", "--startup"):
        assert health(gated, probe, expect=1).startswith("not healthy: web is starting: "), probe
    (gated.base / "gate").write_text("go\n")
    gated.await_state("web", "ready")
    assert health(gated) == "healthy: 1 unit is up\n"
    assert health(gated, "--startup") == "healthy: 1 unit has come up\n"
    assert health(gated, "side", "web", expect=1).startswith("not healthy: side is inactive: ")
    assert "did you mean" in health(gated, "wbe", expect=4)


def test_json_names_what_is_not_well(gated):
    told = gated.json("health", expect=1)
    assert told["health"] == "failing" and told["probe"] == "readiness"
    assert [(one["unit"], one["instance"], one["state"]) for one in told["unwell"]] == [("web", None, "starting")]
    assert gated.json("health", "--liveness", "web")["health"] == "ok"


def test_a_failing_check_takes_it_out_of_service_only(superd):
    superd.unit("web", """exec = ["sleep", "100000"]
[[check]]
name = "flag"
exec = ["test", "-e", "%s/flag"]
every = "100ms"
timeout = "1min"
failures = 1
on-failure = "degrade"
""" % superd.base)
    (superd.base / "flag").touch()
    superd.start()
    health(superd)
    (superd.base / "flag").unlink()
    superd.await_that(lambda: superd.ctl("health", expect=None).returncode == 1)
    assert "degraded" in health(superd, expect=1)
    health(superd, "--liveness", "web")
    health(superd, "--startup")
    (superd.base / "flag").touch()
    superd.await_that(lambda: superd.ctl("health", expect=None).returncode == 0)


def test_a_lost_essential_unit_is_the_end_of_liveness(superd):
    superd.unit("main", """exec = ["sh", "-c", "read line < $0; exit 7", "%s/gate"]
essential = true
restart.policy = "never"
""" % superd.base)
    superd.unit("deaf", """exec = ["sh", "-c", "trap '' TERM; echo deaf; read line < $0", "%s/never"]
ready.log = "deaf"
stop.signals = [["SIGTERM", "1h"], ["SIGKILL", "5s"]]
""" % superd.base)
    for name in ("gate", "never"):
        os.mkfifo(superd.base / name)
    superd.start()
    superd.await_state("deaf", "ready")
    assert "no essential unit has failed" in health(superd, "--liveness")
    (superd.base / "gate").write_text("go\n")
    superd.await_state("deaf", "stopping")
    assert health(superd, "--liveness", expect=1).startswith("not healthy: main is failed: ")
    assert health(superd, expect=1) == "not healthy: superd is stopping\n"
    processes.kill(superd.pid("deaf"))
    assert superd.process.wait(harness.PATIENCE) == 7


def test_a_hung_supervisor_is_told_in_time(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.start()
    supervisor = superd.parts()["supervisor"]
    processes.send(supervisor, signal.SIGSTOP)
    try:
        began = time.monotonic()
        text = health(superd, "--liveness", "--timeout", "300ms", expect=7)
        assert "cannot wait any longer" in text
        # A supervisor that hangs is replaced after half a minute, and would answer then.
        assert 0.3 <= time.monotonic() - began < 20 * harness.SLOWNESS
    finally:
        processes.send(supervisor, signal.SIGCONT)
    superd.await_that(lambda: superd.ctl("health", expect=None).returncode == 0)


def test_no_superd_is_not_healthy(superd):
    assert "cannot reach superd" in health(superd, expect=5)
    result = subprocess.run(superd.command("health", "--liveness", "--startup"), capture_output=True, text=True)
    assert result.returncode == 2 and "several probes" in result.stderr
