"""What is compared: some processes that answer on one port, hosted by superd or run by hand."""
import itertools
import random
import re
import socket
import time

import processes

from . import owned

# Families of rows: the colours of the chart.
FLOOR, PEER, CPP, PYTHON, PLAIN = "floor", "peer", "cpp", "python", "plain"
PATIENCE = 30


def free_ports():
    """Ports that nobody listens on, each once: below those that the kernel gives to clients, who would take them before
    a server does."""
    for port in itertools.count(random.randrange(20_000, 25_000)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


class Server:
    """`most`: the connections that it can keep; None: any number. `waits`: whether a request can wait 50 ms without
    keeping others from being answered."""

    def __init__(self, name, family, most=None, waits=False):
        self.name, self.family, self.most, self.waits = name, family, most, waits
        self.port = None
        self.hash_path = "/hash?n=1500" if family == CPP else "/hash?n=20000"

    def start(self):
        """Returns when it answers. RuntimeError when it does not; then too stop() is to be called."""
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def pids(self):
        raise NotImplementedError

    def ask(self, path="/"):
        """Milliseconds until it answers; None: it does not."""
        begin = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as conn:
                conn.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
                good = conn.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            return None
        return (time.monotonic() - begin) * 1000 if good else None

    def await_answer(self):
        end = time.monotonic() + PATIENCE
        while self.ask() is None:
            if time.monotonic() > end:
                raise RuntimeError(f"it does not answer after {PATIENCE} s")
            time.sleep(0.02)

    def cpu(self):
        """Seconds of all its threads."""
        return sum(processor_seconds(pid) for pid in self.pids())

    def pss(self):
        """KiB."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read())[1])
        return total


def processor_seconds(pid):
    """Of all its threads, those that have ended included: what clock_getcpuclockid(3) is for."""
    return time.clock_gettime((~pid << 3) | 2)


class ByHand(Server):
    """`commands`: functions of the port that return a command line. `forks`: how many workers it has once it is there."""

    def __init__(self, name, family, commands, forks=0, **options):
        super().__init__(name, family, **options)
        self.commands, self.forks, self.running = commands, forks, []

    def start(self):
        for command in self.commands:
            self.running.append(owned.launch(command(self.port)))
        self.await_answer()
        self.await_workers()

    def await_workers(self):
        end = time.monotonic() + PATIENCE
        while len(self.workers()) < self.forks:
            if time.monotonic() > end:
                raise RuntimeError(f"{len(self.workers())} of {self.forks} workers run after {PATIENCE} s")
            time.sleep(0.02)
        for process in self.running:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args[0]} exited with {process.returncode}")

    def stop(self):
        while self.running:
            owned.end(self.running.pop())

    def pids(self):
        return [pid for process in self.running for pid in (process.pid, *processes.children(process.pid))]

    def workers(self):
        """Those that serve: its children, if it has any."""
        children = [pid for process in self.running for pid in processes.children(process.pid)]
        return children or [process.pid for process in self.running]


class Hosted(Server):
    """A unit of a superd that runs already."""

    def __init__(self, name, family, unit, superd, text, **options):
        super().__init__(name, family, **options)
        self.unit, self.superd, self.text = unit, superd, text
        self.known = []

    def declare(self):
        """Writes the unit's file, before superd reads it."""
        self.superd.unit(self.unit, f'{self.text}\nautostart = false\n[restart]\npolicy = "always"\ndelay = "0s"\n'
                                    f'[listen]\nhttp = {{ address = "tcp://127.0.0.1:{self.port}", deferred = true }}\n')

    def start(self):
        result = self.superd.ctl("start", self.unit, "--timeout", f"{PATIENCE}s", expect=None)
        if result.returncode:
            raise RuntimeError(f"superd cannot start it: {result.stderr.strip()}")
        self.await_answer()
        self.look()

    def look(self):
        """Asks superd for the workers' pids, which only change when one dies."""
        unit = next(each for each in self.superd.status()["units"] if each["name"] == self.unit)
        self.known = [each["pid"] for each in unit["instances"] if each["pid"]]

    def stop(self):
        self.superd.ctl("stop", self.unit, "--timeout", f"{PATIENCE}s", expect=None)
        self.known = []

    def pids(self):
        return self.known

    def workers(self):
        self.look()
        return self.known
