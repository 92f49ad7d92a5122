"""Plays superd for a worker, as units/protocol/README.md has it: holds its listeners, its page and its
notification socket, starts it, or asks a template for it. So a worker is tested by what is agreed alone."""
import array
import json
import os
import pathlib
import queue
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON_WORKER = ["/usr/bin/python3", "-B", str(ROOT / "units/python/superd_worker.py")]
PATIENCE = 90.0  # Seconds until something that must happen counts as not happening.
PAGE_SIZE, SLOTS_AT, METRICS_AT, TASKS_AT, BUSY_AT, CRASH_AT = 621696, 16512, 82048, 97408, 128, 64


def listener(address="127.0.0.1", backlog=1024):
    """One more socket of an address's group, as superd holds one for each worker."""
    host, _, port = address.partition(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind((host, int(port or 0)))
    sock.listen(backlog)
    return sock


class Page:
    """What a page says, read as page.hpp has it."""

    def __init__(self):
        self.descriptor = os.memfd_create("page")
        os.ftruncate(self.descriptor, PAGE_SIZE)

    def bytes(self, at, size):
        return os.pread(self.descriptor, size, at)

    def text(self, at, size):
        end = time.monotonic() + PATIENCE
        while True:
            data = self.bytes(at, size)
            # Its writer may be interrupted in the midst, and may have begun anew since.
            if struct.unpack_from("<I", data)[0] % 2 == 0 and self.bytes(at, 4) == data[:4]:
                return data[4:].split(b"\0")[0].decode()
            assert time.monotonic() < end, "a text is never written to its end"

    def header(self):
        names = ("magic", "version", "pid", "slots", "tasks", "metrics", "worker", "started", "stopping",
                 "slots_used", "begun", "lost")
        return dict(zip(names, struct.unpack("<QIIIIIIQIIQQ", self.bytes(0, 64))))

    def slots(self):
        found = []
        names = ("kind", "tid", "beat", "busy", "done", "live", "lag", "lag_worst", "frames")
        for index in range(self.header()["slots_used"]):
            one = dict(zip(names, struct.unpack("<IIQQQIIII", self.bytes(SLOTS_AT + 256 * index, 48))))
            if one["kind"]:
                found.append({**one, "index": index, "name": self.text(BUSY_AT + 64 * index, 64)})
        return found

    def tasks(self):
        found = []
        for index in range(64):
            at = TASKS_AT + 128 * index
            number, started, changed, state, slot, line = struct.unpack("<QQQIII", self.bytes(at, 36))
            if number:
                found.append({"id": number, "started": started, "changed": changed, "state": state, "slot": slot,
                              "line": line, "name": self.text(at + 40, 48), "file": self.text(at + 88, 40)})
        return found

    def metrics(self):
        found, index = {}, 0
        while index < 240:
            at = METRICS_AT + 64 * index
            kind, _, value = struct.unpack("<IIQ", self.bytes(at, 16))
            if not kind:
                break
            name = self.text(at + 16, 48)
            if kind == 2:
                value = struct.unpack("<d", struct.pack("<Q", value))[0]
            if kind == 3:
                value = (value, [struct.unpack("<Q", self.bytes(at + 64 * n + 8, 8))[0] for n in range(1, 17)])
                index += 16
            found[name] = value
            index += 1
        return found


class Worker:
    """One worker. Its environment, descriptors and page are what superd would give it."""

    def __init__(self, directory, settings, listeners, page=None, memory=(), program=PYTHON_WORKER):
        self.directory, self.program = pathlib.Path(directory), program
        self.settings = {"version": 1, "unit": "shop", "language": "python", "drain-timeout": 20000, **settings}
        self.passed = [*listeners.items(), *memory]
        self.page = page or Page()
        self.path = tempfile.mktemp(prefix="n", dir="/dev/shm")
        self.listen()
        self.told, self.stored = [], {}
        self.lines, self.more = [], queue.Queue()
        self.pid, self.process, self.status = None, None, None

    def settings_descriptor(self):
        descriptor = os.memfd_create("settings")
        os.write(descriptor, json.dumps(self.settings).encode())
        return descriptor

    def follow(self, stream):
        def pump():
            with stream:
                for line in stream:
                    self.lines.append(line.rstrip("\n"))
                    self.more.put(None)
            self.more.put(None)
        self.follower = threading.Thread(target=pump, daemon=True)
        self.follower.start()

    def output_ended(self, timeout=PATIENCE):
        """Waits until nobody has its output open any more. False: somebody has."""
        self.follower.join(timeout)
        return not self.follower.is_alive()

    def start(self, environment=()):
        """Executes it; its descriptors are put in place by a shell's redirections' means: dup2."""
        handed = [self.settings_descriptor(), self.page.descriptor]
        sources = [each if isinstance(each, int) else each.fileno() for _, each in self.passed]
        listed = {"LISTEN_FDS": str(len(sources)), "LISTEN_FDNAMES": ":".join(name for name, _ in self.passed)}
        first = 3 + len(sources)
        variables = {"SUPERD_SETTINGS": str(first), "SUPERD_PAGE": str(first + 1), "NOTIFY_SOCKET": self.path, **listed,
                     "PATH": os.environ["PATH"], "E2E_MARK": os.environ.get("E2E_MARK", ""), **dict(environment)}

        def arrange():
            safe = [os.dup(each) for each in sources + handed]
            high = [__import__("fcntl").fcntl(each, 0, 100) for each in safe]
            for number, each in enumerate(high):
                os.dup2(each, 3 + number)
            os.closerange(3 + len(high), 200)

        self.process = subprocess.Popen(["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *self.program], env=variables,
                                        cwd=self.directory, close_fds=False, preexec_fn=arrange, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(handed[0])
        self.pid = self.process.pid
        self.follow(self.process.stdout)
        return self

    # What it tells.

    def listen(self):
        """As superd does, from now on."""
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.path)

    def be_gone(self):
        """As a superd that has ended: nobody hears what it tells until listen()."""
        self.notify.close()
        pathlib.Path(self.path).unlink()

    def receive(self, timeout):
        if not select.select([self.notify], [], [], timeout)[0]:
            return False
        data, descriptors, _, _ = socket.recv_fds(self.notify, 4096, 16)
        lines = data.decode().splitlines()
        self.told += lines
        names = [line.split("=", 1)[1] for line in lines if line.startswith("FDNAME=")]
        for name, descriptor in zip(names, descriptors):
            self.stored[name] = descriptor
        return True

    def await_told(self, wanted, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while not any(re.fullmatch(wanted, line) for line in self.told):
            if self.receive(0.2):
                continue
            gone = self.ended(0) is not None and not self.receive(0)
            assert not gone and time.monotonic() < end, \
                f"never told {wanted}; told {self.told}; exit {self.status}; printed:\n{self.text()}"
        return self

    def ready(self):
        return self.await_told("READY=1")

    def text(self):
        return "\n".join(self.lines)

    def await_line(self, wanted, timeout=PATIENCE):
        """Waits for a line that has `wanted` (a regular expression) in it; returns that line."""
        end = time.monotonic() + timeout
        while True:
            for line in list(self.lines):
                if re.search(wanted, line):
                    return line
            assert time.monotonic() < end, f"never printed {wanted!r}, but:\n{self.text()}"
            try:
                self.more.get(timeout=0.2)
            except queue.Empty:
                pass

    def await_that(self, what, timeout=PATIENCE):
        """Looks at the page until `what` is true of it: there is no event to wait for in a page."""
        end = time.monotonic() + timeout
        while True:
            result = what(self.page)
            if result:
                return result
            assert time.monotonic() < end, f"not so after {timeout} s: {self.page.slots()} {self.page.tasks()}"
            time.sleep(0.005)

    # Its end.

    def signal(self, number=signal.SIGTERM, thread=None):
        if thread is None:
            os.kill(self.pid, number)
        else:
            subprocess.run(["/usr/bin/python3", "-c", "import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall("
                            f"{234 if os.uname().machine == 'x86_64' else 131}, {self.pid}, {thread}, {int(number)}))"],
                           check=True)

    def ended(self, timeout=PATIENCE):
        """Its exit code, negative: the signal; None: it runs on."""
        if self.status is not None:
            return self.status
        if self.process:
            try:
                self.status = self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                pass
        else:
            end = time.monotonic() + timeout
            while self.status is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
                elif time.monotonic() >= end:
                    break
                else:
                    time.sleep(0.005)
        return self.status

    def stop(self, timeout=PATIENCE):
        """SIGTERM, and the exit code."""
        self.signal()
        code = self.ended(timeout)
        assert code is not None, f"still there {timeout} s after SIGTERM:\n{self.text()}"
        return code

    def close(self):
        if self.pid and self.ended(0) is None:
            os.kill(self.pid, signal.SIGKILL)
            self.ended()
        self.notify.close()
        pathlib.Path(self.path).unlink(missing_ok=True)


class Template(Worker):
    """A template, and the workers that it forks: children of the test's own process."""

    def __init__(self, directory, settings):
        super().__init__(directory, settings, {})

    def start(self, environment=()):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.channel.settimeout(PATIENCE)
        self.passed = [("template", theirs)]
        own = {"SUPERD_RUN": f"{2 ** 62 + 1}@test", "SUPERD_INSTANCE": "shop/template"}
        super().start({"SUPERD_TEMPLATE": "3", "SUPERD_PAGE": "", "LISTEN_FDS": "0", **own, **dict(environment)})
        theirs.close()
        return self

    def answer(self):
        """(message, the pid that the kernel says it is of)."""
        data, ancillary, _, _ = self.channel.recvmsg(65536, 1024)
        pid = next(struct.unpack("iII", body)[0] for _, kind, body in ancillary if kind == socket.SCM_CREDENTIALS)
        return json.loads(data), pid

    def ask(self, worker, run=17, environment=()):
        """Asks for a worker, without waiting for it."""
        reading, writing = os.pipe()
        settings = worker.settings_descriptor()
        given = {"stdout": writing, "stderr": writing, "settings": settings, "page": worker.page.descriptor,
                 **{f"listen.{name}": each if isinstance(each, int) else each.fileno() for name, each in worker.passed}}
        message = {"run": run, "descriptors": list(given), "environment": {
            "NOTIFY_SOCKET": worker.path, "SUPERD_RUN": f"{run}@test", "SUPERD_INSTANCE": "shop/1", **dict(environment)}}
        self.channel.sendmsg([json.dumps(message).encode()],
                             [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", given.values()))])
        os.close(writing)
        os.close(settings)
        worker.follow(os.fdopen(reading))

    def fork(self, worker, run=17, environment=()):
        """Asks for a worker and takes it in."""
        self.ask(worker, run, environment)
        answer, pid = self.answer()
        assert answer == {"run": run}, answer
        worker.pid = pid
        return worker


def get(port, path="/", timeout=PATIENCE):
    """One request on a connection of its own; the body, None: it failed."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout) as conn:
            conn.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while part := conn.recv(65536):
                data += part
        return data.partition(b"\r\n\r\n")[2].decode() if data.startswith(b"HTTP/1.1 200") else None
    except OSError:
        return None


class Load:
    """wrk with kept connections, in the background."""

    def __init__(self, port, seconds, connections=16, path="/"):
        self.process = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                                         f"http://127.0.0.1:{port}{path}"], text=True, stdout=subprocess.PIPE)

    def result(self):
        """(requests, failed) of all."""
        text = self.process.communicate()[0]
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        other = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        failed = sum(map(int, errors.groups())) if errors else 0
        return int(re.search(r"(\d+) requests in", text)[1]), failed + (int(other[1]) if other else 0)


class Short:
    """Clients that open a connection for each request; counts the requests that failed."""

    def __init__(self, port, threads=4, path="/"):
        self.port, self.path, self.done, self.failed = port, path, 0, 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for each in self.threads:
            each.start()

    def run(self):
        while not self.over.is_set():
            good = get(self.port, self.path) is not None
            with self.lock:
                self.done += 1
                self.failed += not good

    def await_more(self, count):
        """Until so many more requests were made."""
        wanted, end = self.done + count, time.monotonic() + PATIENCE
        while self.done < wanted:
            assert time.monotonic() < end, f"{self.done} of {wanted} requests"
            time.sleep(0.002)

    def result(self):
        self.over.set()
        for each in self.threads:
            each.join(PATIENCE)
        return self.done, self.failed


def scratch():
    return pathlib.Path(tempfile.mkdtemp(prefix="sw-", dir="/dev/shm"))


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
