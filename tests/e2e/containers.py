"""superd as PID 1 in namespaces of its own, as any user, without a privilege, on a read-only root."""
import json
import os
import pathlib
import shlex
import subprocess

import harness
import processes

USER = 65532
ISOLATED = """mount --make-rprivate / && mount -t tmpfs tmpfs /run &&
install -d -o {user} -g {user} /run/superd && mount -o remount,ro,bind / &&
exec setpriv --reuid {user} --regid {user} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs {command}
"""
NAMESPACES = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"]


def why_not():
    """Why this machine cannot isolate a process so; empty if it can."""
    if os.geteuid() != 0:
        return "only root may make a read-only root file system"
    result = subprocess.run([*NAMESPACES, "sh", "-c", "mount --make-rprivate / && mount -t tmpfs tmpfs /run"],
                            capture_output=True, text=True)
    return "" if result.returncode == 0 else f"no namespaces here: {result.stderr.strip()}"


class Container:
    """superd in namespaces of its own, with a configuration that the test writes."""

    def __init__(self, superd):
        self.superd, self.process = superd, None
        self.out = superd.base / "out"

    def start(self):
        command = [str(harness.BIN / "superd"), "--config", str(self.superd.config), "--runtime-dir", "/run/superd",
                   "--state-dir", "/run/superd/state", "--log-dir", "/run/superd/log"]
        script = ISOLATED.format(user=USER, command=shlex.join(command))
        # A marker ends what the test leaves behind; the namespace's end ends all in it.
        self.process = subprocess.Popen([*NAMESPACES, "sh", "-c", script], stdin=subprocess.DEVNULL,
                                        stdout=self.out.open("wb"), stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "E2E_MARK": self.superd.mark})
        return self

    def await_ready(self):
        for line in self.process.stderr:
            if harness.READY_LINE.match(line):
                return
        raise AssertionError(f"superd is not ready; it exited with {self.process.wait()}")

    @property
    def init(self):
        return processes.children(self.process.pid)[0]

    def ctl(self, *arguments):
        socket = pathlib.Path("/proc", str(self.init), "root", "run/superd/control.sock")
        return subprocess.run([harness.BIN / "superctl", "--socket", socket, *arguments], text=True,
                              capture_output=True, timeout=60)

    def finish(self):
        code = self.process.wait(harness.PATIENCE)
        self.process.stderr.close()
        return code

    def lines(self):
        return [json.loads(line) for line in self.out.read_text().splitlines()]
