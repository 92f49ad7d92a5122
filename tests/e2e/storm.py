"""Services under a storm of kills and commands, and what must be true of them afterwards."""
import collections
import os
import re
import subprocess
import sys
import threading

import harness
import processes

SLEEPER = 'exec = ["sh", "-c", "echo $SUPERD_RUN >>{side}; exec sleep 100000"]\n'
WRITERS, TOGGLED = 4, 3


class Storm:
    """Writers that nobody touches, crashers, services that are commanded about, and reloads."""

    def __init__(self, superd, random):
        self.superd, self.random = superd, random
        self.over, self.problems = threading.Event(), []
        self.runs = superd.base / "runs"  # Each run of a crasher or a commanded service, by itself.
        self.runs.mkdir()
        self.goals = {f"toggled-{i}": "up" for i in range(TOGGLED)}
        self.commands = collections.Counter()
        for i in range(WRITERS):
            superd.unit(f"writer-{i}", f'''exec = ["{sys.executable}", "{harness.PROGRAMS}/numbers.py", "{superd.base}/errors", "0.00{i + 1}"]
[log]
foreground = false
max-size = "64KiB"
max-age = "1d"
keep = 1000''')
        for i in range(2):
            superd.unit(f"crasher-{i}", f'''exec = ["sh", "{harness.PROGRAMS}/crash.sh", "{self.runs}/crasher-{i}", "0.{i + 2}", "{i + 1}"]
[restart]
policy = "always"
delay = "{100 * i + 50}ms"
max-delay = "500ms"''')
        for i in range(TOGGLED):
            superd.unit(f"toggled-{i}", SLEEPER.format(side=f"{self.runs}/toggled-{i}"))
        self.change(0)

    def change(self, number):
        """A configuration that differs from the last one in what needs no restart, and in a unit."""
        self.superd.unit("changing", f'description = "number {number}"\n' + SLEEPER.format(side="/dev/null"))
        if number % 2:
            self.superd.unit("guest", SLEEPER.format(side="/dev/null"))
        elif number:
            self.superd.remove_unit("guest")
        self.number = number

    def begin(self):
        self.superd.start()
        for i in range(WRITERS):
            self.superd.await_state(f"writer-{i}", "ready")
        self.steady = {name: pid for name, pid in self.superd.pids().items()
                       if name.startswith(("writer", "changing"))}
        assert all(self.steady.values()), self.steady
        self.thread = threading.Thread(target=self.command_about)
        self.thread.start()
        return self

    def command_about(self):
        try:
            # As fast as a busy operator's scripts: several commands in each supervisor's life.
            while not self.over.wait(self.random.uniform(0, 0.1)):
                self.command_one()
        except Exception as cause:  # Told by `finish`, on the test's own thread.
            self.problems.append(repr(cause))

    def command_one(self):
        verb = self.random.choice(("start", "stop", "restart", "reload", "status"))
        if verb == "reload":
            self.change(self.number + 1)
            words = ["reload"]
        elif verb == "status":
            words = ["status", "--json"]
        else:
            name = self.random.choice(sorted(self.goals))
            self.goals[name] = "down" if verb == "stop" else "up"
            words = [verb, name, "--no-wait"]
        # A supervisor that dies with the command in hand leaves it open whether it was obeyed.
        for _ in range(100):
            result = self.superd.ctl(*words, expect=None)
            if result.returncode == 0:
                self.commands[verb] += 1
                return
            # superctl does not repeat by itself what could be done twice; doing it twice is all right here.
            lost = result.returncode == 1 and "the connection was lost" in result.stderr
            assert lost or result.returncode == 5, f"{words} exited with {result.returncode}: {result.stderr}"
            if self.over.wait(0.02) and self.superd.process.poll() is not None:
                return
        raise AssertionError(f"{words} did not succeed in 100 tries: {result.stderr}")

    def finish_commands(self):
        self.over.set()
        self.thread.join(60)
        assert not self.problems, self.problems
        assert not self.thread.is_alive()

    def check(self):
        """Pids, goals and exits; call it while superd runs and after `finish_commands`."""
        self.superd.ctl("wait", *[name for name, goal in self.goals.items() if goal == "up"] or ["changing"],
                        "--ready", "--timeout", "30s")
        for name, goal in self.goals.items():
            if goal == "down":
                self.superd.ctl("wait", name, "--stopped", "--timeout", "30s")
        now = self.superd.instances()
        assert {name: now[name]["pid"] for name in self.steady} == self.steady
        for name, goal in self.goals.items():
            one = now[f"{name}/0"]
            assert (one["goal"], one["state"]) == (goal, "ready" if goal == "up" else "inactive"), one
        assert self.superd.units()["changing"]["description"] == f"number {self.number}"
        assert ("guest" in self.superd.units()) == bool(self.number % 2)
        self.check_exits()
        check_no_twins(self.superd)
        self.check_descriptors()

    def check_descriptors(self):
        """What was held for runs that are over has been given back: two a run that lives, and few more."""
        living = sum(pid is not None for pid in self.superd.pids().values())
        folder = f"/proc/{self.superd.process.pid}/fd"
        self.superd.await_that(lambda: len(os.listdir(folder)) <= 3 * living + 20 or
                               print(len(os.listdir(folder)), "descriptors in superd"))

    def check_exits(self):
        """Each run that began has exactly one exit, or lives."""
        self.superd.ctl("stop", "crasher-*", *self.goals)
        events = self.superd.events()
        exits = collections.Counter(e["run"] for e in events if e["event"] == "exit")
        assert [run for run, times in exits.items() if times != 1] == []
        # SUPERD_RUN is the run's number, "@", and what tells this superd from others.
        begun = [int(word.split("@")[0]) for path in self.runs.iterdir() for word in path.read_text().split()]
        assert len(begun) == len(set(begun)), "a run number was given twice"
        # A storm on a slow machine lasts so long that the record no longer goes back to its beginning.
        oldest = 0 if events[0]["seq"] == 1 else min(e["run"] for e in events if e["event"] == "spawn")
        assert [run for run in begun if run >= oldest and exits[run] != 1] == [], "exits that were not recorded"


def check_no_twins(superd):
    """No instance has two main processes: the leaders of sessions are what superd spawned."""
    owners = collections.Counter()
    for pid in processes.marked(superd.mark):
        fields = processes.stat_fields(pid)
        names = [word for word in processes.environment(pid) if word.startswith(b"SUPERD_INSTANCE=")]
        if fields and names and int(fields[3]) == pid:
            owners[names[0]] += 1
    assert [name for name, number in owners.items() if number > 1] == []


NUMBER = re.compile(r" (out|out\+): (?:(line|end) (\d+)|(.*))$")


def log_files(folder):
    """The files of instance 0, oldest first: 0.log.TIME.NUMBER[.zst] ..., 0.log."""
    def age(path):
        words = path.name.removesuffix(".zst").split(".")
        return words[2], int(words[3])
    return [*sorted((p for p in folder.iterdir() if p.name != "0.log"), key=age), folder / "0.log"]


def check_lines(superd, name):
    """After the writer has ended: every line from 1 to the last is in its log, once, in order."""
    text = ""
    for path in log_files(superd.log / name):
        if path.suffix == ".zst":
            text += subprocess.run(["zstd", "-dcq", path], capture_output=True, text=True, check=True).stdout
        else:
            text += path.read_text()
    wanted, ended = 1, False
    for line in text.splitlines():
        match = NUMBER.search(line)
        assert match and match[2], f"{name}: a strange line: {line!r}"
        if match[2] == "end":
            assert int(match[3]) == wanted - 1
            wanted, ended = 1, True
        else:
            assert int(match[3]) == wanted, f"{name}: expected line {wanted}, found: {line!r}"
            wanted += 1
            ended = False
    assert ended, f"{name}: the last line is missing"


def check_writers(superd):
    """Call it after superd has ended: no write failed, no line is missing or there twice."""
    errors = superd.base / "errors"
    assert not errors.exists(), errors.read_text()
    for i in range(WRITERS):
        check_lines(superd, f"writer-{i}")


