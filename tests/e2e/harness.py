"""One superd with directories of its own, driven as a user would: through superctl.

Nothing here sleeps: what a test waits for is told by superctl's events, a pidfd, or a pipe. Whatever
a test does, `close` ends every process that it started and says which should have ended before.
"""
import collections
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import processes

BIN = pathlib.Path(os.environ.get("SUPERD_BIN", "build/release/bin")).resolve()
# Whose superctl is asked again and again by who waits: that of a fast build, where BIN's takes long to begin.
LOOKING = pathlib.Path(os.environ.get("SUPERD_LOOKING", BIN)).resolve()
SCALE = float(os.environ.get("SUPERD_SCALE", "1"))  # Of the number of rounds in long tests.
SLOWNESS = float(os.environ.get("SUPERD_PATIENCE", "1"))  # Of the machine: 10 if it is emulated.
PATIENCE = 60.0 * SLOWNESS  # Seconds until something that must happen counts as not happening.
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
# What superd's parts print when they are broken; the keeper would replace them and go on.
FAULT = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed|terminate called|SIGABRT|SIGSEGV")
FOREIGN = re.compile(r"^\S+/\d+ +[|!] | unit \S+: ")  # About services, which may crash as they like.
READY_LINE = re.compile(r"^superd \S+ is ready: ")


class Failed(Exception):
    """superctl exited with another code than expected."""

    def __init__(self, result):
        super().__init__(f"{' '.join(map(str, result.args))} exited with {result.returncode}\n"
                         f"stdout: {result.stdout}\nstderr: {result.stderr}")
        self.result = result


class Events:
    """`superctl events -f`, begun again when the supervisor that it was connected to has died."""

    def __init__(self, superd):
        self.superd, self.lines, self.process = superd, queue.Queue(), None
        self.connect()

    def connect(self):
        self.close()
        self.process = subprocess.Popen(self.superd.command("events", "-f", "--json", program=LOOKING), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self.pump, args=(self.process,), daemon=True).start()

    def pump(self, process):
        with process.stdout:
            for line in process.stdout:
                self.lines.put(line)

    def next(self, timeout):
        """Waits for the next event, at most `timeout` seconds; True when there was one."""
        if self.process.poll() is not None:
            self.connect()
        try:
            self.lines.get(timeout=timeout)
            while not self.lines.empty():
                self.lines.get_nowait()
            return True
        except queue.Empty:
            return False

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()


class Superd:
    def __init__(self, user=None):
        # Short: a socket's path has at most 107 bytes.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="sd-", dir="/dev/shm"))
        self.config, self.runtime = self.base / "etc", self.base / "run"
        self.state, self.log = self.base / "state", self.base / "log"
        self.base.chmod(0o755)
        (self.config / "units").mkdir(parents=True)
        self.mark = self.base.name
        self.user = user  # (uid, gid), or None for the tests' own.
        self.arguments, self.environment = [], {"E2E_MARK": self.mark}
        self.process, self.ready, self.followed = None, None, None
        self.faults = []
        self.output, self.printed = collections.deque(maxlen=4000), threading.Condition()
        if user:
            for path in (self.base, self.config, self.config / "units"):
                os.chown(path, *user)

    # Configuration.

    def unit(self, name, text):
        """Writes units/NAME.toml. Its processes carry the mark that `close` finds them by."""
        if "pass-env" not in text and 'type = "group"' not in text:
            text = f'pass-env = ["E2E_MARK"]\n{text}'
        (self.config / "units" / f"{name}.toml").write_text(text)

    def drop_in(self, unit, name, text):
        """Writes units/UNIT.d/NAME.toml."""
        directory = self.config / "units" / f"{unit}.d"
        directory.mkdir(exist_ok=True)
        (directory / f"{name}.toml").write_text(text)

    def remove_unit(self, name):
        (self.config / "units" / f"{name}.toml").unlink()

    def settings(self, text):
        (self.config / "superd.toml").write_text(text)

    # superd itself.

    def command_line(self):
        line = [str(BIN / "superd"), "--config", str(self.config), "--runtime-dir", str(self.runtime),
                "--state-dir", str(self.state), "--log-dir", str(self.log), *self.arguments]
        if self.user:
            uid, gid = self.user
            line = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *line]
        return line

    def launch(self, prefix=(), **options):
        """Starts superd without waiting for it to be ready."""
        self.ready = threading.Event()
        self.process = subprocess.Popen([*prefix, *self.command_line()], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace", env={**os.environ, **self.environment}, **options)
        threading.Thread(target=self.pump, args=(self.process, self.ready), daemon=True).start()
        return self

    def start(self, timeout=PATIENCE, **options):
        """Starts superd and returns when it has said that it is ready."""
        self.launch(**options)
        deadline = time.monotonic() + timeout
        while not self.ready.wait(0.05):
            assert not self.faults, f"a part of superd is broken: {self.faults[0]}"
            assert self.process.poll() is None, f"superd exited with {self.process.returncode}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"superd is not ready after {timeout} s:\n{self.tail()}"
        return self

    def pump(self, process, ready):
        with process.stdout:
            for line in process.stdout:
                with self.printed:
                    self.output.append(line)
                    self.printed.notify_all()
                if FAULT.search(line) and not FOREIGN.search(line):
                    self.faults.append(line.rstrip())
                if READY_LINE.match(line):
                    ready.set()

    def text(self):
        return "".join(self.output)

    def tail(self):
        """The end of what superd printed, for messages."""
        return self.text()[-3000:]

    def await_text(self, wanted, timeout=PATIENCE):
        """Waits until superd has printed something; returns all that it printed."""
        deadline = time.monotonic() + timeout
        with self.printed:
            while wanted not in self.text():
                assert self.printed.wait(deadline - time.monotonic()) or wanted in self.text(), \
                    f"superd did not print {wanted!r} within {timeout} s:\n{self.tail()}"
        return self.text()

    def terminate(self, timeout=PATIENCE):
        """SIGTERM, as an init sends it; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout)

    def parts(self):
        """The pids of the keeper's two helpers, as the kernel knows them at this moment."""
        found = {}
        # The youngest first: a service that has not yet come to its exec looks like the supervisor.
        for pid in sorted(processes.children(self.process.pid), key=processes.started, reverse=True):
            name = processes.program(pid)
            if name in ("superd-supervisor", "superd-logger") and processes.alive(pid):
                found[name.removeprefix("superd-")] = pid
        return found

    def notify_socket(self):
        """Where services write to: known to them and to root alone."""
        return self.runtime / (self.runtime / "notify.path").read_text().strip()

    def kill_all_parts(self):
        """SIGKILL to keeper, supervisor and logger, the keeper first so that it starts no other."""
        # Stopped first: else it may start a new helper between our look and our kill.
        processes.send(self.process.pid, signal.SIGSTOP)
        helpers = self.parts()
        self.process.kill()
        for pid in helpers.values():
            processes.kill(pid)
        self.process.wait()
        for pid in helpers.values():
            assert processes.wait_gone(pid, PATIENCE)

    # superctl.

    def command(self, *arguments, program=BIN):
        return [str(program / "superctl"), "--runtime-dir", str(self.runtime), *map(str, arguments)]

    def ctl(self, *arguments, expect=0, timeout=PATIENCE * 2, program=BIN):
        """Runs superctl; an exit code other than `expect` (None: any) is a failure."""
        result = subprocess.run(self.command(*arguments, program=program), text=True, errors="replace", timeout=timeout,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if expect is not None and result.returncode != expect:
            raise Failed(result)
        return result

    def json(self, *arguments, **options):
        return json.loads(self.ctl("--json", *arguments, **options).stdout)

    def status(self):
        """All of `status --json`; exit code 3 only says that something is down."""
        return self.json("status", program=LOOKING)

    def units(self):
        return {unit["name"]: unit for unit in self.status()["units"]}

    def instances(self):
        """{"web/0": its status, ...}"""
        return {f"{unit['name']}/{one['index']}": one for unit in self.status()["units"]
                for one in unit["instances"]}

    def instance(self, name):
        return self.instances()[name if "/" in name else f"{name}/0"]

    def pid(self, name):
        return self.instance(name)["pid"]

    def pids(self):
        return {name: one["pid"] for name, one in self.instances().items()}

    def events(self):
        """Every event that is still recorded, oldest first."""
        return [json.loads(line) for line in self.ctl("events", "--json", program=LOOKING).stdout.splitlines()]

    # Waiting.

    def told(self):
        """All that superd knows, for who waits in vain; in the first line, which alone a summary shows, the states."""
        texts = []
        for words in (("status", "--json"), ("events",)):
            try:
                texts.append(subprocess.run(self.command(*words, program=LOOKING), capture_output=True, text=True,
                                            timeout=PATIENCE).stdout)
            except subprocess.TimeoutExpired:
                texts.append(f"nothing within {PATIENCE} s to superctl {words[0]}")
        return "{}\n{}\n{}\n".format(self.states_in(texts[0]), *(text[-4000:] for text in texts))

    @staticmethod
    def states_in(status):
        try:
            units = json.loads(status)["units"]
        except (ValueError, KeyError):
            return "it says:"
        return "it says: " + ", ".join(f"{unit['name']}/{one['index']} {one['state']} ({one['reason']}) {one['pid']}"
                                       for unit in units for one in unit["instances"])[:500]

    def await_that(self, what, timeout=PATIENCE):
        """Calls `what` after each event until it returns something true; returns that."""
        if self.followed is None:
            self.followed = Events(self)
        deadline = time.monotonic() + timeout
        while True:
            result = what()
            if result:
                return result
            left = deadline - time.monotonic()
            assert left > 0, f"waited {timeout} s in vain; {self.told()}superd printed:\n{self.tail()}"
            # An event can be missed while a supervisor is replaced: then looking again heals it.
            self.followed.next(min(left, 0.5))

    def await_state(self, name, *states, timeout=PATIENCE):
        """Waits until an instance is in one of the states; returns its status."""
        def look():
            one = self.instance(name)
            return one if one["state"] in states else None
        return self.await_that(look, timeout)

    def await_new_pid(self, name, old, timeout=PATIENCE):
        """Waits until an instance runs again, ready, with another pid; returns that."""
        def look():
            one = self.instance(name)
            return one["pid"] if one["state"] == "ready" and one["pid"] not in (None, old) else None
        return self.await_that(look, timeout)

    # The end.

    def survivors(self):
        own = {self.process.pid} if self.process else set()
        return [pid for pid in processes.marked(self.mark) if pid not in own]

    def close(self):
        """Ends everything; returns what superd left behind or broke."""
        if self.followed:
            self.followed.close()
        left = [f"a broken part of superd: {line}" for line in self.faults]
        if self.process:
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(PATIENCE * 2)
                    left += [f"{pid} {processes.program(pid)}" for pid in self.survivors() if not processes.doomed(pid)]
                except subprocess.TimeoutExpired:
                    left += [f"superd ({self.process.pid}) did not end within {PATIENCE * 2} s of SIGTERM"]
                    self.process.kill()
                    self.process.wait()
            # Twice: a parent may have forked while its children were being listed.
            for _ in range(2):
                for pid in self.survivors():
                    processes.kill(pid)
                    processes.wait_gone(pid, 5)
        shutil.rmtree(self.base, ignore_errors=True)
        return left
