"""superd as a container's PID 1: any user, no privileges, a read-only root, logs as JSON."""
import os
import pathlib
import shlex
import signal
import subprocess

import containers
import harness
import processes


def test_the_essential_units_exit_code_is_the_containers_and_its_lines_are_json(container):
    container.superd.unit("main", r"""exec = ["sh", "-c", "echo \"it is ${UNIT}\"; echo two >&2; exit 7"]
essential = true
restart.policy = "never"
""")
    container.start()
    assert container.finish() == 7
    told = {(line["stream"], line["message"]): line for line in container.lines()}
    assert set(told) == {("out", "it is main"), ("err", "two")}
    assert told["out", "it is main"]["service"] == "main" and told["err", "two"]["instance"] == 0


def test_sigterm_stops_all_and_nothing_outside_run_is_written(container):
    container.superd.unit("db", r"""exec = ["sh", "-c", "trap 'echo db stops; exit 0' TERM; echo up; read x < $0", "%s/never"]
ready.log = "up"
""" % container.superd.base)
    container.superd.unit("web", r"""exec = ["sh", "-c", "trap 'echo web stops; exit 0' TERM; touch /written; id -u; grep NoNewPrivs: /proc/self/status; echo up; read x < $0", "%s/never"]
ready.log = "up"
depends.needs = ["db"]
""" % container.superd.base)
    os.mkfifo(container.superd.base / "never")
    container.start().await_ready()
    assert container.ctl("wait", "web").returncode == 0
    health = container.ctl("health", "--timeout", "60s")
    assert (health.returncode, health.stdout) == (0, "healthy: 2 units are up\n")
    os.kill(container.init, signal.SIGTERM)
    assert container.finish() == 0
    messages = [line["message"] for line in container.lines()]
    assert str(containers.USER) in messages and "NoNewPrivs:\t1" in messages
    assert any("Read-only file system" in message for message in messages)
    assert {"web stops", "db stops"} <= set(messages)
    assert not pathlib.Path("/written").exists()


def test_orphans_are_reaped(container):
    # Each of these is given to PID 1 when its parent, a shell, has ended.
    container.superd.unit("web", r"""exec = ["sh", "-c", "for i in 1 2 3 4 5; do (sleep 0 &); done; echo up; exec sleep 100000"]
ready.log = "up"
""")
    container.start().await_ready()
    assert container.ctl("wait", "web").returncode == 0
    # One command after another: what was a zombie before the first is reaped before the answer to the last.
    for _ in range(50):
        assert container.ctl("status").returncode == 0
        if not any(processes.state(pid) == "Z" for pid in processes.children(container.init)):
            break
    else:
        raise AssertionError("zombies are left")
    os.kill(container.init, signal.SIGTERM)
    assert container.finish() == 0


def test_a_place_that_cannot_be_written_is_named(container):
    command = [str(harness.BIN / "superd"), "--config", str(container.superd.config), "--runtime-dir", "/run/superd",
               "--state-dir", "/run/superd/state", "--log-dir", "/nowhere/log"]
    script = containers.ISOLATED.format(user=containers.USER, command=shlex.join(command))
    result = subprocess.run([*containers.NAMESPACES, "sh", "-c", script], capture_output=True, text=True,
                            timeout=harness.PATIENCE, stdin=subprocess.DEVNULL)
    assert result.returncode == 73, result.stderr
    assert "/nowhere" in result.stderr and "cannot" in result.stderr
