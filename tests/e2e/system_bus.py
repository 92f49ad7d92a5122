"""A bus of the test's own, with the policy that superd is installed with, and a polkit that the test tells what to say."""
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import harness
import processes

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-dbus.
SERVICE, MANAGER_PATH, MANAGER, UNIT = "org.superd", "/org/superd/manager", "org.superd.Manager1", "org.superd.Unit1"

# Debian's rules for a system bus, without the parts that need one.
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <limit name="max_replies_per_connection">50000</limit>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <policy user="root">
    <allow own="org.freedesktop.PolicyKit1"/>
    <allow send_destination="*"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


def as_user(user, command):
    """The command as another user; None is the test's own."""
    if user is None:
        return command
    uid, gid = user
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *command]


class Lines:
    """A process whose lines of output are taken one by one."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        **options)
        self.lines = queue.Queue()
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.put(line.rstrip("\n"))

    def next(self, timeout=harness.PATIENCE):
        try:
            return self.lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"{self.process.args} printed nothing more within {timeout} s") from None

    def until(self, wanted, timeout=harness.PATIENCE):
        """Takes lines, parsed, until `wanted` is true of one; returns all of them."""
        taken, deadline = [], time.monotonic() + timeout
        while not taken or not wanted(taken[-1]):
            taken.append(json.loads(self.next(max(0.1, deadline - time.monotonic()))))
        return taken

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


class Bus:
    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="bus-", dir="/dev/shm"))
        self.base.chmod(0o755)
        self.socket = self.base / "bus"
        self.address = f"unix:path={self.socket}"
        config = self.base / "bus.conf"
        config.write_text(CONFIG.format(socket=self.socket, policy=PACKAGING / "dbus/org.superd.conf"))
        self.config, self.daemon, self.others = config, None, []

    def start(self):
        self.daemon = Lines(["dbus-daemon", f"--config-file={self.config}", "--nofork", "--nopidfile",
                             "--print-address=1"])
        self.daemon.next()
        return self

    def stop(self):
        """As if it had crashed: its socket stays where it is."""
        self.daemon.close()

    @property
    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def run(self, command, user=None, timeout=harness.PATIENCE):
        return subprocess.run(as_user(user, command), text=True, capture_output=True, timeout=timeout,
                              env=self.environment, stdin=subprocess.DEVNULL)

    def program(self, name, *arguments, user=None):
        """One of tests/e2e/programs, which is on this bus; it prints a line when it is."""
        source = harness.PROGRAMS / name
        copy = self.base / name  # Where another user may read it.
        shutil.copy(source, copy)
        made = Lines(as_user(user, [PYTHON, "-u", str(copy), *map(str, arguments)]), env=self.environment)
        self.others.append(made)
        assert made.next() == "here"
        return made

    def call(self, method, signature="", *arguments, path=MANAGER_PATH, interface=MANAGER, user=None,
             timeout=harness.PATIENCE):
        """Calls with busctl; a CompletedProcess."""
        return self.run(["busctl", f"--address={self.address}", "--json=short", "call", SERVICE, path, interface, method,
                         *([signature, *map(str, arguments)] if signature else [])], user, timeout)

    def data(self, *arguments, **options):
        """What a call that succeeds gives back."""
        result = self.call(*arguments, **options)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)["data"] if result.stdout.strip() else None

    def gdbus(self, method, *arguments, path=MANAGER_PATH, interface=MANAGER, user=None):
        """Calls with gdbus, which tells an error's name and text; the arguments are GVariant texts."""
        return self.run(["gdbus", "call", "--system", "--dest", SERVICE, "--object-path", path, "--method",
                         f"{interface}.{method}", *arguments], user)

    def await_superd(self, timeout=harness.PATIENCE):
        """Waits until somebody is org.superd."""
        waiter = self.program("bus_name.py", SERVICE)
        assert waiter.next(timeout) == "owned"
        waiter.close()

    def close(self):
        for other in self.others:
            other.close()
        if self.daemon:
            self.daemon.close()
        shutil.rmtree(self.base, ignore_errors=True)


class Polkit:
    """Answers by rules, the first that fits: {"unit": …, "verb": …, "uid": …, "answer": yes | no | challenge | never}."""

    def __init__(self, bus, rules=()):
        self.file, self.questions, self.seen = bus.base / "rules.json", bus.base / "questions", 0
        self.set(rules)
        self.questions.write_text("")
        self.process = bus.program("fake_polkit.py", self.file, self.questions)

    def set(self, rules):
        made = self.file.with_suffix(".new")
        made.write_text(json.dumps(list(rules)))
        made.replace(self.file)

    def asked(self):
        """The questions since the last look: all that were answered, for it writes them down before."""
        lines = self.unseen()
        self.seen += len(lines)
        return [json.loads(line) for line in lines]

    def next(self):
        """Waits for a question."""
        while not (lines := self.unseen()):
            self.process.next()
        self.seen += 1
        return json.loads(lines[0])

    def unseen(self):
        return self.questions.read_text().splitlines()[self.seen:]
