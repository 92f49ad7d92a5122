"""What the tests in a machine share: commands, superd as the package has installed it, waiting for what comes."""
import json
import os
import pathlib
import subprocess
import time

KIND = pathlib.Path(__file__).with_name("kind").read_text().strip()
# An emulated CPU is that much slower; deadlines only say when to give up.
PATIENCE = 20 if KIND == "qemu" else 2
UNITS = pathlib.Path("/etc/superd/units")


def sh(*command, check=True, timeout=30, **options):
    """Runs a command; what it printed is in .stdout and .stderr."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=timeout * PATIENCE, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def ctl(*words, check=True, user=None, **options):
    """superctl, as root or as another user."""
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return sh(*become, "superctl", *words, check=check, **options)


def status(name):
    """One unit of `superctl status --json`."""
    answer = json.loads(ctl("status", "--json", name, check=False).stdout)
    return next(unit for unit in answer["units"] if unit["name"] == name)


def pids(*names):
    """{unit: [pid of each instance]}"""
    answer = json.loads(ctl("status", "--json", *names, check=False).stdout)
    return {unit["name"]: [each.get("pid") for each in unit["instances"]] for unit in answer["units"]}


def until(what, condition, timeout=30):
    """Asks until it is true; for what nothing tells of by itself."""
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def show(unit, *properties):
    """systemctl show, as a dictionary."""
    text = sh("systemctl", "show", unit, *(f"--property={each}" for each in properties)).stdout
    return dict(line.split("=", 1) for line in text.splitlines())


def controllers():
    """Those of cgroup v2 that superd's own group may use."""
    return pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text().split()


class Units:
    """Unit files of one test, removed after it."""

    def __init__(self):
        self.names = []

    def add(self, name, text):
        (UNITS / f"{name}.toml").write_text(text)
        self.names.append(name)

    def apply(self):
        ctl("apply", timeout=60)
        for name in self.names:
            ctl("wait", "--ready", name, "--timeout", f"{10 * PATIENCE}s", timeout=60)

    def clear(self):
        for name in self.names:
            (UNITS / f"{name}.toml").unlink(missing_ok=True)
        self.names.clear()
        ctl("apply", timeout=60, check=False)


def alive(pid):
    return os.path.exists(f"/proc/{pid}")
