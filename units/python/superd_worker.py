#!/usr/bin/python3
"""Runs a Python service as superd's workers do: threads, coroutines or a process for code that only serves.

    superd_worker.py --settings FILE      alone, with listeners of its own: to try and measure a service
    (started by superd)                   as units/protocol/README.md has it

A service is a module with one of these; each gets the Context, whose methods say what it can do:

    def handler(conn, addr, ctx): ...                 # model = "processes" or "threads", or loop = "gevent"
    async def handler(reader, writer, ctx): ...       # model = "coroutines"
    def main(ctx): ...                                # any model: the process is yours until it returns
    async def main(ctx): ...                          # model = "coroutines"
    class Service:                                    # or a class with one of these, made once a worker
        def __init__(self, ctx): ...

Beside it in the module, if wanted: `preload()` runs once in the template, before any worker is
forked; `worker_start(ctx)` before a worker accepts; `worker_stop(ctx)` when it has drained; `reload(config)`,
also as a method of the class, at SIGHUP, with the unit's [config] table read anew. Once it has returned, the table is
ctx.config; if it returns False or raises, or there is none, superd is asked for another worker, which begins with it.
It runs in the main thread: between two steps of the loop, and where the main thread serves, amid what that does.
`from superd_worker import ConfigError`: raised while a service is made, it exits with 78, which
superd does not retry.

Mark each request by `with ctx.busy("GET /x"):`. A handler that marks none has its connections for tasks, each
from its first byte on. A Unix socket does not tell of bytes that were read already: there, but for asyncio, a
connection counts only if bytes lie unread when it is accepted or looked at, so a stall may go unnoticed.

One file, the standard library, Python 3.9 or later.
"""
import argparse
import asyncio
import atexit
import contextvars
import difflib
import errno
import fcntl
import faulthandler
import functools
import gc
import importlib
import inspect
import itertools
import json
import logging
import math
import mmap
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time
import traceback
import _thread

monotonic_ns = time.monotonic_ns
thread_ident, thread_id = _thread.get_ident, _thread.get_native_id  # The thread's, also where gevent has greenlets'.
start_thread, make_lock, nap = _thread.start_new_thread, _thread.RLock, time.sleep  # These too.

EX_USAGE, EX_CONFIG = 64, 78  # As sysexits has them.
MODELS = ("processes", "threads", "coroutines")
IDLE_GRACE = 1.0  # Seconds without a byte after which a kept connection is closed by a drain.


class ConfigError(Exception):
    """The service is configured in a way that no restart can mend: exit 78."""


class TaskTimeout(Exception):
    """Raised in a task that took longer than the unit's task-timeout."""


# --- The shared page: units/protocol/page.hpp, by offset --------------------------------------------

MAGIC, VERSION = 0x3165676150647573, 1
SLOTS, TASKS, METRICS = 256, 4096, 240
BUSY_AT, SLOTS_AT, METRICS_AT, TASKS_AT = 128, 16512, 82048, 97408
PAGE_SIZE = TASKS_AT + 128 * TASKS
KIND_LOOP, KIND_THREAD, KIND_PROCESS = 1, 2, 3
SUSPENDED, RUNNING, CANCELLED = 0, 1, 2
COUNTER, GAUGE, HISTOGRAM = 1, 2, 3
BUCKETS = 16


class Page:
    """What superd reads of this worker. A memoryview of a native format stores whole words, so a
    reader in another process never sees half of a number."""

    def __init__(self, descriptor=None):
        if descriptor is None:
            self.memory = mmap.mmap(-1, PAGE_SIZE)
        else:
            self.memory = mmap.mmap(descriptor, PAGE_SIZE)
        self.bytes = memoryview(self.memory)
        self.u32, self.u64 = self.bytes.cast("I"), self.bytes.cast("Q")
        self._lock = make_lock()  # Also against a signal's handler in the same thread.
        self._ids, self._task_free, self._task_next = itertools.count(1), [], 0
        self._slot_free, self._slot_next, self._unread = [], 0, None

    def claim(self, worker):
        """Makes the page this run's own. Metrics go on: they count over all runs of the slot."""
        u32, u64 = self.u32, self.u64
        if u64[0] == MAGIC:
            for index in range(min(u32[11], SLOTS)):
                at = SLOTS_AT + 256 * index
                self.bytes[at:at + 256] = bytes(256)
                self.write_text(BUSY_AT + 64 * index, 64, "")
            for index in range(min(u64[6], TASKS)):
                u64[(TASKS_AT + 128 * index) >> 3] = 0
        u64[0] = 0
        self.bytes[64:128] = bytes(64)
        struct.pack_into("=IIIIII", self.bytes, 8, VERSION, os.getpid(), SLOTS, TASKS, METRICS, worker)
        u64[4] = monotonic_ns()
        u32[10] = u32[11] = 0
        u64[6] = u64[7] = 0
        u64[0] = MAGIC

    def write_text(self, at, size, text):
        """A SharedText: odd version, text, even version."""
        data = text.encode("utf-8", "replace")
        if len(data) > size - 4:
            data = data[:size - 4].decode("utf-8", "ignore").encode()
        if len(data) < size - 4:
            data += b"\0"
        u32, place = self.u32, at >> 2
        at += 4
        odd = (u32[place] | 1) & 0xffffffff
        u32[place] = odd
        self.bytes[at:at + len(data)] = data
        u32[place] = (odd + 1) & 0xffffffff

    def read_text(self, at, size):
        return bytes(self.bytes[at + 4:at + size]).split(b"\0")[0].decode("utf-8", "replace")

    def stopping(self):
        self.u32[10] = 1

    def slot(self, kind):
        """A slot for the calling thread. When all are taken, one that nobody reads."""
        with self._lock:
            if self._slot_free:
                index = self._slot_free.pop()
            elif self._slot_next < SLOTS:
                index, self._slot_next = self._slot_next, self._slot_next + 1
                self.u32[11] = self._slot_next
            else:
                self._unread = self._unread or Page()
                return Slot(self._unread, 0, kind)
        return Slot(self, index, kind)

    def give_back(self, slot):
        if slot.page is self:
            slot.close()
            with self._lock:
                self._slot_free.append(slot.index)

    def reserve_task(self, place, slot):
        """Room for a task in the list: (file, line) tells where it was begun. None: the list is full."""
        with self._lock:
            if self._task_free:
                index = self._task_free.pop()
            elif self._task_next < TASKS:
                index, self._task_next = self._task_next, self._task_next + 1
            else:
                self.u64[7] += 1
                self.u64[6] = next(self._ids)
                return None
        at = TASKS_AT + 128 * index
        self.u32[(at + 28) >> 2], self.u32[(at + 32) >> 2] = slot.index, place[1]
        self.write_text(at + 88, 40, place[0])
        return index

    def name_task(self, index, name):
        self.write_text(TASKS_AT + 128 * index + 40, 48, name)

    def list_task(self, index, since, state):
        """From now on it is in the list, as a task of its own."""
        at, u64 = TASKS_AT + 128 * index, self.u64
        u64[(at + 8) >> 3] = u64[(at + 16) >> 3] = since
        self.u32[(at + 24) >> 2] = state
        u64[at >> 3] = u64[6] = next(self._ids)

    def task_state(self, index, state):
        at = TASKS_AT + 128 * index
        self.u32[(at + 24) >> 2] = state
        self.u64[(at + 16) >> 3] = monotonic_ns()

    def unlist_task(self, index):
        self.u64[(TASKS_AT + 128 * index) >> 3] = 0

    def free_task(self, index):
        self.unlist_task(index)
        with self._lock:
            self._task_free.append(index)


class Slot:
    """One thread, or one event loop, in the page."""

    __slots__ = ("page", "index", "ident", "_u32", "_u64", "_at", "_beat", "_busy", "_done", "_name")

    def __init__(self, page, index, kind):
        self.page, self.index, self.ident, self._name = page, index, thread_ident(), None
        self._u32, self._u64, self._at = page.u32, page.u64, SLOTS_AT + 256 * index
        self._beat, self._busy, self._done = (self._at + 8) >> 3, (self._at + 16) >> 3, (self._at + 24) >> 3
        page.bytes[self._at:self._at + 256] = bytes(256)
        self.say("")
        self._u32[(self._at + 4) >> 2] = thread_id()
        self._u32[self._at >> 2] = kind

    def close(self):
        self._u32[self._at >> 2] = 0

    def say(self, name):
        """The text that tells of the current task, or of where a stalled one was found."""
        if name != self._name:
            self._name = name
            self.page.write_text(BUSY_AT + 64 * self.index, 64, name)

    def beat(self):
        self._u64[self._beat] = monotonic_ns()

    def begin(self, name):
        self.say(name)
        self._u64[self._busy] = self._u64[self._beat] = monotonic_ns()

    def rest(self):
        """No task runs."""
        self._u64[self._busy] = 0

    def idle(self, name=""):
        """The same; `name` says what is kept meanwhile, a connection for one."""
        self._u64[self._busy] = 0
        self.say(name)

    def done(self):
        self._u64[self._done] += 1

    @property
    def tasks_done(self):
        return self._u64[self._done]

    @property
    def busy_since(self):
        return self._u64[self._busy]

    def alive(self, count):
        self._u32[(self._at + 32) >> 2] = count

    def lag(self, microseconds):
        """Notes how late the loop was, and that it lives."""
        place = (self._at + 36) >> 2
        self._u32[place] = microseconds
        if microseconds > self._u32[place + 1]:
            self._u32[place + 1] = microseconds
        self.beat()


class Metrics:
    """Counters, gauges and histograms in the page: they outlive a crash, and cost a store. The same
    name is the same metric, also in the worker's next run."""

    def __init__(self, page):
        self._page, self._lock, self._known, self._next = page, make_lock(), {}, None

    def counter(self, name):
        """Grows only: `add(n=1)`."""
        return self._get(name, COUNTER, Counter)

    def gauge(self, name):
        """Any number, now: `set(value)`."""
        return self._get(name, GAUGE, Gauge)

    def histogram(self, name):
        """How often values were at most 1, 2, 4 … 32768: `record(value)`."""
        return self._get(name, HISTOGRAM, Histogram)

    def _get(self, name, kind, make):
        with self._lock:
            if self._next is None:
                self._find()
            found = self._known.get(name)
            if found is None:
                need = 1 + BUCKETS if kind == HISTOGRAM else 1
                if self._next + need > METRICS:  # No room is left: it counts, but is not shown.
                    return self._known.setdefault(name, make(Page(), METRICS_AT, self._lock))
                at = METRICS_AT + 64 * self._next
                self._page.write_text(at + 16, 48, name)
                self._page.u32[at >> 2] = kind
                found, self._next = make(self._page, at, self._lock), self._next + need
                self._known[name] = found
            elif type(found) is not make:
                raise ValueError(f"cannot make {name} a {make.__name__.lower()}: "
                                 f"it is a {type(found).__name__.lower()} already")
            return found

    def _find(self):
        """What earlier runs left in the page."""
        self._next = 0
        kinds = {COUNTER: Counter, GAUGE: Gauge, HISTOGRAM: Histogram}
        while self._next < METRICS:
            at = METRICS_AT + 64 * self._next
            kind = self._page.u32[at >> 2]
            if kind not in kinds:
                break
            self._known[self._page.read_text(at + 16, 48)] = kinds[kind](self._page, at, self._lock)
            self._next += 1 + BUCKETS if kind == HISTOGRAM else 1


class Counter:
    def __init__(self, page, at, lock):
        self._u64, self._place, self._lock = page.u64, (at + 8) >> 3, lock

    def add(self, n=1):
        with self._lock:
            self._u64[self._place] += n

    @property
    def value(self):
        return self._u64[self._place]


class Gauge:
    def __init__(self, page, at, lock):
        self._u64, self._place = page.u64, (at + 8) >> 3

    def set(self, value):
        self._u64[self._place] = struct.unpack("=Q", struct.pack("=d", value))[0]

    @property
    def value(self):
        return struct.unpack("=d", struct.pack("=Q", self._u64[self._place]))[0]


class Histogram:
    def __init__(self, page, at, lock):
        self._u64, self._place, self._lock = page.u64, (at + 8) >> 3, lock

    def record(self, value):
        """Bucket n counts what was at or below 2^n, so all from the first that fits on."""
        first = max(0, math.ceil(value) - 1).bit_length() if value > 1 else 0
        with self._lock:
            self._u64[self._place] += 1
            for bucket in range(first, BUCKETS):
                self._u64[self._place + 8 * (bucket + 1)] += 1

    @property
    def count(self):
        return self._u64[self._place]

    @property
    def buckets(self):
        return [self._u64[self._place + 8 * (bucket + 1)] for bucket in range(BUCKETS)]


# --- What superd tells and is told ------------------------------------------------------------------

DEFAULTS = {
    "version": 1, "unit": "service", "index": 0, "count": 1, "generation": 1, "reason": "start",
    "language": "python", "module": "", "model": "processes", "threads": 16, "loop": "asyncio",
    "preload": False, "stall-warn": 250, "stall-timeout": 5000, "task-timeout": 0, "drain-timeout": 30000,
    "max-tasks": 0, "cpus": [], "config": {}, "listen": {},
}


def read_settings(text, origin):
    """The settings as a dictionary with every member; ConfigError names what is wrong."""
    try:
        given = json.loads(text)
    except ValueError as cause:
        raise ConfigError(f"cannot read the settings from {origin}: {cause}") from None
    if not isinstance(given, dict):
        raise ConfigError(f"cannot use the settings from {origin}: they are not a JSON object")
    settings = {**DEFAULTS, **given}
    for name, default in DEFAULTS.items():
        value = settings[name]
        if type(value) is not type(default):
            raise ConfigError(f"cannot use the settings from {origin}: {name} is {json.dumps(value)}, "
                              f"expected a value like {json.dumps(default)}")
        if isinstance(default, int) and value < 0:
            raise ConfigError(f"cannot use the settings from {origin}: {name} is {value}, expected 0 or more")
    if settings["version"] != 1:
        raise ConfigError(f"cannot use the settings from {origin}: they are of version {settings['version']}, "
                          "this worker knows version 1; install superd and its workers from one release")
    for name, known in (("model", MODELS), ("loop", ("asyncio", "gevent"))):
        if settings[name] not in known:
            raise ConfigError(f"cannot use {name} = {json.dumps(settings[name])}: expected one of "
                              f"{', '.join(json.dumps(each) for each in known)}")
    if settings["language"] != "python":
        raise ConfigError(f"cannot run language = {json.dumps(settings['language'])}: this worker runs python")
    if not settings["module"]:
        raise ConfigError(f"cannot use the settings from {origin}: module is missing, expected \"MODULE:NAME\"")
    if not settings["threads"]:
        raise ConfigError(f"cannot use the settings from {origin}: threads is 0, expected 1 or more")
    return settings


class Notify:
    """sd_notify(3). Without NOTIFY_SOCKET nobody is told. What is said but once is kept while superd does not
    listen, and said again until it does: the superd that comes next takes this worker over as it was told of."""

    KEPT = ("READY=1", "X_SUPERD_RECYCLE=", "FDSTORE=1", "STATUS=")
    AWAY = (errno.ECONNREFUSED, errno.ENOENT, errno.EAGAIN)
    AGAIN = 0.2  # Seconds between two attempts.

    def __init__(self, address):
        self.address, self._socket = address, None
        self._kept, self._lock = [], make_lock()  # Also against a signal's handler in the same thread.
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._target = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, text, descriptors=()):
        if not self._socket:
            return
        with self._lock:
            after_others = self._kept and text != "WATCHDOG=1"
            keep = text.startswith(self.KEPT) or after_others
            if not after_others:
                error = self._send(text, descriptors)
                if not error:
                    return
                if error not in self.AWAY:
                    complain(f"cannot tell superd {text.splitlines()[0]}: {os.strerror(error)}")
                    return
            if keep:
                self._keep(text, descriptors)

    def last_word(self, text):
        """For a process that ends with it: waits for a superd that has much to read."""
        if self._socket:
            self._send(text, (), 0)

    def _send(self, text, descriptors, flags=socket.MSG_DONTWAIT):
        """0, or an errno."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(descriptors)}i", *descriptors))]
        try:
            self._socket.sendmsg([text.encode("utf-8", "replace")], rights if descriptors else [], flags, self._target)
        except OSError as cause:
            return cause.errno or errno.EIO
        return 0

    def _keep(self, text, descriptors):
        begun = bool(self._kept)
        if text.startswith("STATUS="):
            self._kept = [each for each in self._kept if not each[0].startswith("STATUS=")]
        self._kept.append((text, descriptors))
        if not begun:
            complain(f"superd does not listen now: {text.splitlines()[0]} is said again until it does")
            start_thread(self._say_again, ())

    def _say_again(self):
        """A thread of its own: who serves, or is in the service's code for hours, has no beat to do it at."""
        while True:
            nap(self.AGAIN)
            with self._lock:
                while self._kept:
                    error = self._send(*self._kept[0])
                    if error in self.AWAY:
                        break
                    if error:
                        complain(f"cannot tell superd {self._kept[0][0].splitlines()[0]}: {os.strerror(error)}")
                    del self._kept[0]
                if not self._kept:
                    return


def complain(sentence):
    """To the log, which may be gone: that is no reason not to go on."""
    try:
        print(sentence, file=sys.stderr)
    except (OSError, ValueError):
        pass


class Hangup:
    """SIGHUP: there is another configuration. Noted from the first moment on, also where nothing comes of it (a
    template), and heeded once a service is there that may take it over."""

    def __init__(self, read):
        self.read, self._due, self._heed = read, False, None  #: `read()`: the settings, as they are now.
        signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, *_):
        self._due = True
        self._pass_on()

    def heed(self, what):
        """From now on `what()` is called, in the signal's handler; at once if one has come before."""
        self._heed = what
        self._pass_on()

    def _pass_on(self):
        if self._due and self._heed:
            self._due = False
            self._heed()


class Stop:
    """Whether the worker is to end. A signal's handler sets it at any moment, so it has no lock: it
    is a pipe that becomes readable for ever, which any poll can have beside its own descriptors."""

    def __init__(self):
        self._read, self._write = os.pipe()
        self._set, self._waiting = False, []

    def set(self):
        if not self._set:
            self._set = True
            os.write(self._write, b"x")
            for loop, future in self._waiting:
                loop.call_soon_threadsafe(lambda done=future: done.done() or done.set_result(True))

    def is_set(self):
        return self._set

    def fileno(self):
        return self._read

    def wait(self, timeout=None):
        """Blocks until it is set, or for `timeout` seconds; returns whether it is set."""
        if not self._set:
            poll = select.poll()
            poll.register(self._read, select.POLLIN)
            poll.poll(None if timeout is None else max(0, math.ceil(timeout * 1000)))
        return self._set

    def __await__(self):
        """`await ctx.stop`, in a coroutine."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if self._set:
            future.set_result(True)
        else:
            self._waiting.append((loop, future))
        return future.__await__()


# --- Listeners --------------------------------------------------------------------------------------

def inherited(environ):
    """The descriptors that were passed as sd_listen_fds(3) has it: [(name, descriptor)]."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(environ.get("LISTEN_FDS", "0"))
    names = environ.get("LISTEN_FDNAMES", "").split(":") if environ.get("LISTEN_FDNAMES") else []
    names += ["unknown"] * (count - len(names))
    return [(names[number], 3 + number) for number in range(count)]


def take_listeners(passed):
    """(listeners by name, named memory by name) of what was passed."""
    listeners, memory = {}, {}
    for name, descriptor in passed:
        os.set_inheritable(descriptor, False)
        if name.startswith("shared."):
            memory[name[len("shared."):]] = descriptor
            continue
        try:
            listener = socket.socket(fileno=descriptor)
        except OSError:
            continue  # A descriptor of some other kind that the unit left to itself.
        number, base = 2, name
        while name in listeners:
            name, number = f"{base}.{number}", number + 1
        listeners[name] = listener
    return listeners, memory


def open_listener(name, address):
    """tcp://HOST:PORT, unix:PATH, udp://HOST:PORT: what superd does otherwise."""
    scheme, _, rest = address.partition(":")
    rest = rest[2:] if rest.startswith("//") else rest
    kind, listener = socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM, None
    try:
        if scheme == "unix":
            if os.path.exists(rest):
                os.unlink(rest)
            listener, place = socket.socket(socket.AF_UNIX, kind), rest
        elif scheme in ("tcp", "udp"):
            host, _, port = rest.rpartition(":")
            host = None if host == "*" else host.strip("[]") or None
            family, _, _, _, place = socket.getaddrinfo(host, int(port), type=kind, flags=socket.AI_PASSIVE)[0]
            listener = socket.socket(family, kind)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if scheme == "tcp":  # Accepted sockets inherit it.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            raise ValueError("expected tcp://HOST:PORT, udp://HOST:PORT or unix:PATH")
        listener.bind(place)
        if kind == socket.SOCK_STREAM:
            listener.listen(4096)
    except (OSError, ValueError) as cause:
        if listener:
            listener.close()
        raise ConfigError(f"cannot listen for {name} on {address}: {cause}") from None
    return listener


def tcp_info(sock, form="=8x13I"):
    """struct tcp_info as far as it is needed; None: not a TCP socket, or closed."""
    try:
        return struct.unpack_from(form, sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, struct.calcsize(form)))
    except (OSError, struct.error):
        return None


def has_spoken(conn):
    """Whether a byte has ever come. A Unix socket tells only of such as nobody has read yet."""
    info = tcp_info(conn, "=128xQ")  # tcpi_bytes_received.
    try:
        return bool(info[0] if info else struct.unpack("i", fcntl.ioctl(conn, termios.FIONREAD, b"\0" * 4))[0])
    except (OSError, ValueError):
        return False  # It is closed.


def queued(listener):
    """How many connections wait to be accepted. A Unix socket does not tell: as many as may."""
    info = tcp_info(listener)
    return info[4] if info else 4096


def idle_seconds(conn):
    """For how long no byte went either way; None: not known."""
    info = tcp_info(conn)
    return min(info[9], info[11]) / 1000 if info else None


def peer_name(addr):
    if isinstance(addr, tuple):
        return f"connection from {addr[0]}:{addr[1]}"
    return "connection"


class Acceptor:
    """Waits for the next connection of any listener, in one thread of many: the kernel wakes one
    (EPOLLEXCLUSIVE), and what nobody takes stays in its queue, where superd and other workers see it."""

    def __init__(self, listeners, stop):
        self._listeners = {each.fileno(): each for each in listeners}
        self._stop, self._epoll = stop, select.epoll()
        for descriptor in self._listeners:
            self._epoll.register(descriptor, select.EPOLLIN | select.EPOLLEXCLUSIVE)
        self._epoll.register(stop.fileno(), select.EPOLLIN)

    def wait(self, timeout):
        """(conn, addr), or None: nothing came, or it is time to stop."""
        for descriptor, _ in self._epoll.poll(timeout):
            listener = self._listeners.get(descriptor)
            if listener is None or self._stop.is_set():
                return None
            try:
                return listener.accept()
            except (BlockingIOError, ConnectionError):
                continue  # Another worker, or the client, was faster.
        return None

    def close(self):
        self._epoll.close()


class Backlog:
    """What the listeners had queued when the worker was told to stop: that it still takes, so that
    nobody waits in the queue of a worker that is gone. No more, or a busy shared socket would never end."""

    def __init__(self, listeners):
        self._left = [[each, queued(each)] for each in listeners]
        self._lock = threading.Lock()

    def take(self):
        """(conn, addr), or None when no more is there."""
        with self._lock:
            while self._left:
                entry = self._left[-1]
                if entry[1] <= 0:
                    self._left.pop()
                    continue
                entry[1] -= 1
                try:
                    return entry[0].accept()
                except ConnectionError:
                    continue
                except OSError:
                    self._left.pop()
        return None


# --- Work: what a thread, coroutine or greenlet is doing ---------------------------------------------

current_work = contextvars.ContextVar("superd_work")


class Work:
    """A connection that is served, or something spawned: timed, and named in the page. In the list of tasks is what
    is being done: a connection between two requests is not.

    The connection of a handler that never says busy() is a task itself (`implicit`): from its first byte on, for
    who connects and says nothing must not make a healthy worker look as if it hung. Until then it is `silent`."""

    __slots__ = ("host", "slot", "own_slot", "entry", "label", "since", "implicit", "silent", "conn", "owner", "told",
                 "expired", "daemon")

    def __init__(self, host, slot, own_slot, label, place, conn=None, implicit=False, owner=None, listed=False):
        self.host, self.slot, self.own_slot, self.label = host, slot, own_slot, label
        self.conn, self.owner, self.told, self.expired, self.daemon = conn, owner, False, False, False
        self.silent = implicit and not has_spoken(conn)
        implicit = implicit and not self.silent
        self.implicit, self.since = implicit, monotonic_ns() if implicit else 0
        self.entry = host.page.reserve_task(place, slot)
        if own_slot:
            slot.begin(label) if implicit else slot.idle(label)
        if self.entry is not None:
            host.page.name_task(self.entry, label)
            if implicit or listed:
                host.page.list_task(self.entry, monotonic_ns(), RUNNING if own_slot else SUSPENDED)
        host.works.add(self)
        if implicit and host.task_timeout:
            host.model.arm(self)
        if self.silent:
            host.silent.add(self)
            host.model.on_silence()

    def break_silence(self):
        """The handler says by itself what it does, or the connection has ended. Any thread. False: somebody did before."""
        with self.host.timing:
            was, self.silent = self.silent, False
            self.host.silent.discard(self)
        return was

    def hear(self):
        """The first byte has come: the connection is a task from now on. Any thread."""
        host = self.host
        with host.timing:  # Its handler may come to an end, or to its first busy(), at this moment.
            if not self.silent:
                return
            self.silent = False
            host.silent.discard(self)
            if host.marks:
                return
            self.implicit, self.since = True, monotonic_ns()
            if self.own_slot:
                self.slot.begin(self.label)
            if self.entry is not None:
                host.page.list_task(self.entry, self.since, RUNNING if self.own_slot else SUSPENDED)
            if host.task_timeout:
                host.model.arm(self)

    def begin(self, name, since):
        """The current task is `name` from now on, or again. Requests pay for this: it writes what has changed."""
        self.since = since
        if name != self.label:
            self.label = name
            if self.entry is not None:
                self.host.page.name_task(self.entry, name)
        if self.own_slot:
            self.slot.begin(name)
        if self.entry is not None:
            # Who is in a loop may be waiting; whether it is, only the loop knows.
            self.host.page.list_task(self.entry, since, RUNNING if self.own_slot else SUSPENDED)
        if self.host.task_timeout:
            self.host.model.arm(self)

    def idle(self):
        """The task is done. Its name stays, as what was done last."""
        host = self.host
        if host.task_timeout:
            self._disarm()
        self.since = 0
        if self.own_slot:
            self.slot.rest()
        if self.entry is not None:
            host.page.unlist_task(self.entry)
        self.slot.done()
        if host.max_tasks:
            host.count()

    def end(self):
        """Idempotent, for a TaskTimeout may strike in it."""
        host = self.host
        counted = (self.silent and self.break_silence() and not host.marks) or self.since != 0
        if host.task_timeout:
            self._disarm()
        if self not in host.works:
            return
        host.works.discard(self)
        self.since = 0
        if counted:
            self.slot.done()
            if host.max_tasks:
                host.count()
        if self.own_slot:
            self.slot.idle()
        if self.entry is not None:
            host.page.free_task(self.entry)

    def _disarm(self):
        with self.host.timing:  # So that the task that follows is not hit by this one's end.
            self.since = 0
            self.host.model.disarm(self)
            self.expired = False


class WorkOfThread:
    """Ends with its thread, as all that is local to it."""

    def __init__(self, host, place):
        slot = host.page.slot(KIND_THREAD)
        self.work = Work(host, slot, True, threading.current_thread().name, place)
        self.work.daemon = True

    def __del__(self):
        work = self.work
        work.end()
        work.host.page.give_back(work.slot)


class Busy:
    __slots__ = ("_work", "_name", "_outer")

    def __init__(self, work, name):
        self._work, self._name = work, name

    def __enter__(self):
        work = self._work
        if work.silent:
            work.break_silence()
        # A connection whose handler marks its tasks is none itself.
        self._outer = (work.label, work.since) if work.since and not work.implicit else None
        work.implicit, work.host.marks = False, True
        work.begin(self._name, monotonic_ns())

    def __exit__(self, kind, value, trace):
        if self._outer is None:
            self._work.idle()
        else:
            self._work.begin(*self._outer)


class Context:
    """What a service is given. The same for every model."""

    def __init__(self, host):
        settings = host.settings
        self._host = host
        self.name = settings["unit"]  #: The unit's name.
        self.index, self.count = settings["index"], settings["count"]  #: This worker of so many.
        self.generation = settings["generation"]  #: Counts the runs of this worker's slot from 1.
        self.reason = settings["reason"]  #: Why it was started: start, reload, restart, crash(SIGSEGV)…
        self.model, self.threads = settings["model"], settings["threads"]
        self.config = settings["config"]  #: The unit's [config] table.
        self.listeners = host.listeners  #: {name: socket.socket}. Never shutdown() one: it would end for all.
        self.stop = host.stop  #: `stop.wait(seconds)`, `await stop`, or its fileno() in a poll.
        self.log = host.log  #: A logging.Logger that writes to the unit's log.
        self.metrics = host.metrics  #: counter(name), gauge(name), histogram(name).

    @property
    def stopping(self):
        """Whether the worker drains: do not keep a connection after the answer it waits for."""
        return self.stop.is_set()

    @property
    def drain_deadline(self):
        """time.monotonic() at which a draining worker ends whatever still runs; None: it does not drain."""
        return self._host.deadline

    def ready(self):
        """Says that the service can be used. A handler's worker says so by itself when it accepts, a
        main(ctx) has to."""
        self._host.ready()

    def status(self, text):
        """One line for `superctl status`."""
        self._host.notify.tell("STATUS=" + " ".join(str(text).split("\n")))

    def beat(self):
        """A sign of life from long work that is well. Loops and pools beat by themselves."""
        self._host.beat()

    def busy(self, name):
        """`with ctx.busy("GET /x"):` around one request: superd shows it, times it (task-timeout) and
        names it when it stalls or crashes. Between requests a kept connection is idle: a drain closes it."""
        return Busy(self._host.model.work(), name)

    def spawn(self, name, what, *arguments, daemon=False):
        """Runs something beside: a coroutine (model "coroutines"), else a function in a thread or greenlet.
        It is listed with its source line, and a drain waits for it; for one with `daemon` it does not."""
        if not isinstance(name, str):
            if inspect.iscoroutine(what):
                what.close()
            raise TypeError(f"cannot spawn {name!r}: expected a name, a str")
        caller = sys._getframe(1)
        place = (os.path.basename(caller.f_code.co_filename), caller.f_lineno)
        return self._host.model.spawn(name, what, arguments, daemon, place)

    def blocking(self, function, *arguments):
        """`await ctx.blocking(fn, …)`: runs what blocks in a side thread, so that the loop goes on."""
        return self._host.blocking(function, arguments)

    def accept(self, timeout=None):
        """For a main(ctx): (conn, addr) of the next connection, None: time is up, or it is to stop."""
        return self._host.accept(timeout)

    def shared(self, name, size):
        """An mmap of `size` bytes that outlives this worker: its next run is given the same memory."""
        return self._host.shared(name, size)

    def fail_permanently(self, reason):
        """Ends the worker for good: superd marks the unit as failed instead of starting it again."""
        self._host.fail_permanently(reason)


class LogFormat(logging.Formatter):
    """superd's logger has the time and the unit; what is left is the level, when it matters."""

    def format(self, record):
        text = super().format(record)
        return text if record.levelno == logging.INFO else f"{record.levelname.lower()}: {text}"


class Host:
    """The parts of a worker that all models have."""

    def __init__(self, settings, page, notify, listeners, memory, hangup):
        self.settings, self.page, self.notify, self.hangup = settings, page, notify, hangup
        self.listeners, self.memory = listeners, memory
        self.stop, self.deadline, self.stopped_at = Stop(), None, 0
        self.code = None  # What the worker exits with, once it has drained.
        self.works, self.silent, self.marks = set(), set(), False
        self.blocked = set()  # Futures of ctx.blocking().
        self.task_timeout, self.max_tasks = settings["task-timeout"] * 1_000_000, settings["max-tasks"]
        self.log = logging.getLogger(settings["unit"])
        self.metrics = Metrics(page)
        self.is_ready, self._mapped = False, {}
        self._count, self._recycled = itertools.count(1), False
        self._watchdog, self._pinged = int(os.environ.get("WATCHDOG_USEC", "0") or 0) * 500, 0
        self.model, self.timing = None, make_lock()
        self.context = Context(self)

    # Said to superd.

    def ready(self):
        if not self.is_ready:
            self.is_ready = True
            self.notify.tell("READY=1")
            if not self.notify.address:
                where = ", ".join(f"{name} on {describe(each)}" for name, each in self.listeners.items())
                self.log.info("ready: %s, %s%s", self.settings["module"], self.settings["model"],
                              f", {where}" if where else "")

    def beat(self):
        self.model.work().slot.beat()
        self.ping()

    def ping(self):
        """systemd's watchdog, if the unit has one."""
        if self._watchdog and monotonic_ns() - self._pinged >= self._watchdog // 2:
            self._pinged = monotonic_ns()
            self.notify.tell("WATCHDOG=1")

    def count(self):
        """A task has ended."""
        if next(self._count) >= self.max_tasks and not self._recycled:
            self._recycled = True
            if self.notify.address:
                self.notify.tell("X_SUPERD_RECYCLE=tasks")
            else:
                self.log.info("%d tasks are done (max-tasks): stopping", self.max_tasks)
                self.stop_now()

    def stop_now(self, *_):
        if not self.stop.is_set():
            self.stopped_at = time.monotonic()
            self.deadline = self.stopped_at + (self.settings["drain-timeout"] / 1000 or math.inf)
            self.page.stopping()
            self.stop.set()
            self.model.on_stop()
            self.notify.tell("STOPPING=1")

    def new_config(self):
        """The [config] table as it is now; None: it cannot be read."""
        try:
            return self.hangup.read()["config"]
        except (ConfigError, OSError) as cause:
            self.log.error("%s; the configuration stays as it was", cause)
            return None

    def reloaded(self, config, taken):
        if taken:
            self.settings["config"] = self.context.config = config
        elif self.notify.address:
            self.notify.tell("X_SUPERD_RECYCLE=reload")
        else:
            self.log.info("the service does not take a new configuration over: start it again to have it")

    def fail_permanently(self, reason):
        self.log.error("cannot go on: %s", reason)
        self.notify.last_word(f"STATUS={' '.join(str(reason).split())}")
        leave(EX_CONFIG)

    # What a context does.

    def overdue(self):
        """The tasks that take longer than task-timeout, each once."""
        limit = monotonic_ns() - self.task_timeout
        return [each for each in list(self.works) if each.since and each.since < limit and not each.expired]

    def listen(self):
        """Looks which of the silent connections have had their first byte."""
        for work in list(self.silent):
            if self.marks or has_spoken(work.conn):
                work.hear()

    def say_overdue(self, work, frame):
        self.log.warning("%s took longer than task-timeout (%s): cancelled%s", work.label,
                         duration(self.settings["task-timeout"]), f" in {place_of(frame)}" if frame else "")

    def cut_idle(self):
        """Ends kept connections on which nothing happens, as if their clients had. A drain calls it again
        and again: one whose client is about to ask is still answered, and closed by that answer."""
        since_stop = time.monotonic() - self.stopped_at
        for work in list(self.works):
            if work.conn is None or work.told or (work.since and not work.implicit):
                continue
            idle = idle_seconds(work.conn)
            if (since_stop if idle is None else idle) >= IDLE_GRACE:
                work.told = True
                try:
                    work.conn.shutdown(socket.SHUT_RD)
                except OSError:
                    pass  # It is closed already.

    def say_failed(self, label, cause):
        """A fault of the service's. sys.exit() in a task is one too: it is not the task's to end the worker."""
        if isinstance(cause, SystemExit):
            self.log.error("%s tried to exit (%s), in %s: a handler ends by returning, and a worker by "
                           "ctx.fail_permanently()", label, cause.code, place_of(last_frame(cause)))
        else:
            self.log.error("%s failed", label, exc_info=cause)

    def see_off(self, code):
        """It has drained: what is left is the service's own end, and that of threads which are no daemons. Python
        waits for those, if need be for ever, and so does asyncio for its executor's: they have until the deadline."""
        self.code = code
        if not self.model.guarded and not math.isinf(self.deadline):
            start_thread(self.cut_end, ())

    def cut_end(self):
        nap(max(0, self.deadline - time.monotonic()))
        names = [each.name for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]
        what = "thread is cut: " if len(names) == 1 else "threads are cut: "
        left = f"{len(names)} {what}{', '.join(sorted(names)[:5])}{', …' if len(names) > 5 else ''}"
        complain(f"warning: drain-timeout ({duration(self.settings['drain-timeout'])}) is over: "
                 f"{left if names else 'what the service does at its end is cut'}")
        leave(self.code)

    def say_cut(self, works):
        names = ", ".join(sorted(each.label for each in works)[:5])
        self.log.warning("drain-timeout (%s) is over: %d %s cut: %s%s", duration(self.settings["drain-timeout"]),
                         len(works), "task is" if len(works) == 1 else "tasks are", names,
                         ", …" if len(works) > 5 else "")

    def blocking(self, function, arguments):
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        future = loop.run_in_executor(None, functools.partial(context.run, function, *arguments))
        self.blocked.add(future)
        future.add_done_callback(self.blocked.discard)
        return future

    def accept(self, timeout):
        """One thread's share of Context.accept; each has an epoll of its own."""
        if self.settings["model"] == "coroutines":
            raise RuntimeError("cannot accept here: it would hold the loop up; give ctx.listeners[NAME] to "
                               "asyncio.start_server(sock=…), or to gevent's servers")
        acceptor = getattr(LOCAL, "acceptor", None)
        if acceptor is None:
            acceptor = LOCAL.acceptor = Acceptor(self.streams(), self.stop)
        end = math.inf if timeout is None else time.monotonic() + timeout
        while not self.stop.is_set():
            left = end - time.monotonic()
            if left < 0:
                return None
            found = acceptor.wait(min(left, 3600))
            if found:
                return found
        return None

    def streams(self, blocking=False):
        """The listeners that have connections to accept. Non-blocking, for others may be faster."""
        found = [each for each in self.listeners.values() if each.type == socket.SOCK_STREAM]
        for each in found:
            each.setblocking(blocking)
        return found

    def shared(self, name, size):
        if name in self._mapped:
            return self._mapped[name]
        if name.strip() != name or not name or ":" in name or not name.isprintable():
            raise ValueError(f"cannot share {name!r}: expected a name without blanks at its ends and colons")
        descriptor = self.memory.get(name)
        if descriptor is None:
            descriptor = os.memfd_create(f"superd.{name}", os.MFD_CLOEXEC)
            os.ftruncate(descriptor, size)
            self.notify.tell(f"FDSTORE=1\nFDNAME=shared.{name}\nFDPOLL=0", [descriptor])
            self.memory[name] = descriptor
        elif os.fstat(descriptor).st_size < size:
            os.ftruncate(descriptor, size)
        self._mapped[name] = mmap.mmap(descriptor, size)
        return self._mapped[name]

    # Evidence.

    def trace(self, signum, frame):
        """SIGUSR2: faulthandler has written the thread's stack to the log, whoever holds the GIL. Once the
        interpreter comes here, the page tells too where each busy thread, and the loop, is."""
        frames = sys._current_frames()
        for slot in self.model.slots():
            if slot.ident == thread_ident():
                found, work = frame, current_work.get(None)
            elif slot.busy_since:
                found = frames.get(slot.ident)
                work = next((each for each in list(self.works) if each.slot is slot), None)
            else:
                continue
            if work and work.entry is not None and work.since and not work.own_slot:
                self.page.task_state(work.entry, RUNNING)  # It holds the loop up.
            label = f"{work.label}: " if work else ""
            slot.say(label + place_of(found) if len(label) < 30 else f"{label[:27]}… {place_of(found)}")


LOCAL = threading.local()


def describe(listener):
    name = listener.getsockname()
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)


def duration(milliseconds):
    return f"{milliseconds} ms" if milliseconds % 1000 else f"{milliseconds // 1000} s"


def place_of(frame):
    if frame is None:
        return "?"
    code = frame.f_code
    return f"{code.co_name} {os.path.basename(code.co_filename)}:{frame.f_lineno}"


def last_frame(cause):
    """The one in which an exception was raised."""
    found, trace = None, cause.__traceback__
    while trace is not None:
        found, trace = trace.tb_frame, trace.tb_next
    return found


def place_of_function(function):
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, "__code__", None) or getattr(getattr(function, "__call__", None), "__code__", None)
    return (os.path.basename(code.co_filename), code.co_firstlineno) if code else ("", 0)


def name_thread(name):
    """What `superctl threads`, ps and top show of the calling thread."""
    try:
        with open(f"/proc/self/task/{thread_id()}/comm", "wb") as comm:
            comm.write(name.encode("utf-8", "replace")[:15])
    except (OSError, ValueError):
        pass


def end(code):
    """Ends the process as sys.exit() does, but for Python's taking itself apart: a daemon thread that begins or wakes
    in the midst of that crashes it (CPython's issues 108987 and 110052, in 3.11.2 both), and there are such threads."""
    threading._shutdown()  # Those that are no daemons, and executors.
    atexit._run_exitfuncs()
    leave(code)


def leave(code):
    """Ends the process at once, whatever its threads do."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


# --- The models --------------------------------------------------------------------------------------

UNTAKEN = "cannot take over the new configuration"


class Model:
    """How the service's code is run. `run` returns the worker's exit code."""

    kind = KIND_THREAD
    guarded = False  # Whether a thread sees to the deadline from the stop on.

    def __init__(self, host, service):
        self.host, self.service, self.context = host, service, host.context
        self.slot = host.page.slot(self.kind)
        host.model = self
        self.work_of_main = self.new_work(threading.main_thread().name, service.place)
        current_work.set(self.work_of_main)

    def new_work(self, label, place, conn=None, implicit=False, listed=False):
        return Work(self.host, self.slot, True, label, place, conn, implicit, None, listed)

    def work(self):
        """The caller's work."""
        work = current_work.get(None)
        return self.work_of_thread() if work is None or work.slot.ident != thread_ident() else work

    def work_of_thread(self):
        """That of a thread which the service began by itself. The thread has it, not its context: that is often
        a copy, which is forgotten with the call that it was made for."""
        held = getattr(LOCAL, "held", None)
        if held is None:
            held = LOCAL.held = WorkOfThread(self.host, self.service.place)
        return held.work

    def slots(self):
        return list({id(each.slot): each.slot for each in list(self.host.works)}.values())

    def on_stop(self):
        pass

    def heed_hangup(self):
        """In the signal's handler, in the main thread. Who is about to end has no use for it."""
        if not self.host.stop.is_set():
            self.on_hangup()

    def on_hangup(self):
        self.reload()

    def reload(self):
        """Gives the service its new configuration, or asks for a worker that begins with it."""
        config, taken = self.host.new_config(), False
        if config is not None and self.service.reload:
            try:
                taken = self.service.reload(config) is not False
            except Exception:
                self.host.log.exception(UNTAKEN)
        self.host.reloaded(config, taken)

    def on_silence(self):
        """A connection was accepted on which nothing has come."""

    def arm(self, work):
        pass

    def disarm(self, work):
        pass

    def pending(self):
        """What a drain waits for."""
        return [each for each in list(self.host.works) if not each.daemon and each is not self.work_of_main]


class Threaded(Model):
    """What the models that block have in common: threads, and a thread that sees to the drain."""

    def __init__(self, host, service):
        super().__init__(host, service)
        self.work_of_main.daemon = True
        self.silence = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, host.stop_now)

    def call(self, function, *arguments):
        """A hook, in the main thread."""
        if function:
            result = function(*arguments)
            if inspect.iscoroutine(result):
                result.close()
                raise ConfigError(f"cannot call {function.__name__}: it is `async def`, "
                                  "which needs model = \"coroutines\"")

    def serve(self, conn, addr, slot):
        host = self.host
        work = Work(host, slot, True, peer_name(addr), self.service.place, conn, not host.marks, thread_ident())
        token = current_work.set(work)
        try:
            self.answer(work, conn, addr)
        except TaskTimeout:
            pass  # Struck while another end was being written down.
        finally:
            settle(work, conn)
            current_work.reset(token)

    def answer(self, work, conn, addr):
        """The service's code may raise what it likes: this thread has others to serve."""
        try:
            self.service.entry(conn, addr, self.context)
        except (TaskTimeout, ConnectionError):
            pass  # The one was told when it struck; the other is the client's to explain.
        except BaseException as cause:
            self.host.say_failed(work.label, cause)

    def on_silence(self):
        if self.silence is None:
            self.silence = threading.Event()
            start_thread(self.listen, ())
        self.silence.set()

    def listen(self):
        """A thread, since the first handler that does not say what it does met a client that said nothing."""
        name_thread("listen")
        pause = listen_interval(self.host.settings)
        while self.silence.wait():
            self.silence.clear()
            while self.host.silent:
                nap(pause)
                self.host.listen()

    def spawn(self, name, what, arguments, daemon, place):
        if inspect.iscoroutine(what) or inspect.iscoroutinefunction(what):
            if inspect.iscoroutine(what):
                what.close()
            raise TypeError(f"cannot spawn {name}: it is a coroutine, which needs model = \"coroutines\"")
        thread = threading.Thread(target=self.spawned, name=name, daemon=True,
                                  args=(name, what, arguments, daemon, place))
        thread.start()
        return thread

    def spawned(self, name, what, arguments, daemon, place):
        host = self.host
        name_thread(name)
        slot = host.page.slot(KIND_THREAD)
        work = Work(host, slot, True, name, place, listed=True)
        work.daemon, work.owner = daemon, thread_ident()
        current_work.set(work)
        try:
            what(*arguments)
        except TaskTimeout:
            pass
        except BaseException as cause:
            host.say_failed(name, cause)
        finally:
            settle(work)
            host.page.give_back(slot)

    def tick(self):
        """Now and then, while the worker drains: True when nothing is left to wait for."""
        self.host.cut_idle()
        left = self.pending()
        if left and time.monotonic() >= self.host.deadline:
            self.host.say_cut(left)
            leave(0)
        return not left

    def guard(self):
        """For a main thread that is in the service's code."""
        while True:
            time.sleep(0.05)
            self.host.cut_idle()
            if time.monotonic() < self.host.deadline:
                continue
            if self.host.code is not None:
                self.host.cut_end()
            self.host.say_cut([each for each in list(self.host.works) if not each.daemon] or [self.work_of_main])
            leave(0)

    def drain(self):
        while not self.tick():
            time.sleep(0.02)


def settle(work, conn=None):
    """Ends a work whatever strikes meanwhile."""
    while True:
        try:
            try:
                close_connection(conn, work)
            finally:
                work.end()
            return
        except TaskTimeout:
            continue


def close_connection(conn, work):
    """Closes a connection, which its handler may have closed behind its back."""
    if conn is not None:
        try:
            conn.close()
        except OSError as cause:
            work.host.log.warning("cannot close %s: %s; a handler that closes conn.fileno() by itself takes it with "
                                  "conn.detach()", work.label, cause.strerror)


class Processes(Threaded):
    """The process is one accept loop: a connection at a time, and nothing is shared with another."""

    kind, guarded = KIND_PROCESS, True

    def on_stop(self):
        # Not threading's: it has locks, and this may be a signal's handler.
        _thread.start_new_thread(self.guard, ())

    def arm(self, work):
        if work.owner == threading.main_thread().ident:
            left = self.host.task_timeout - (monotonic_ns() - work.since)
            signal.setitimer(signal.ITIMER_REAL, max(left / 1e9, 1e-6))

    def disarm(self, work):
        if work.owner == threading.main_thread().ident:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def alarm(self, signum, frame):
        work = current_work.get(None)
        if work and work.since and monotonic_ns() - work.since >= self.host.task_timeout and not work.expired:
            work.expired = True
            self.host.say_overdue(work, frame)
            raise TaskTimeout(f"{work.label} took longer than task-timeout")

    def run(self):
        host = self.host
        if host.task_timeout:
            signal.signal(signal.SIGALRM, self.alarm)
        self.call(self.service.start, self.context)
        host.hangup.heed(self.heed_hangup)
        listeners = host.streams()
        acceptor = Acceptor(listeners, host.stop)
        host.ready()
        while not host.stop.is_set():
            host.ping()  # No beat: who waits for a client owes none, and who begins to beat has to go on.
            self.accept(acceptor)
        backlog = Backlog(listeners)
        for conn, addr in iter(backlog.take, None):
            self.serve(conn, addr, self.slot)
        self.drain()
        host.see_off(0)
        self.call(self.service.finish, self.context)
        return 0

    def accept(self, acceptor):
        try:
            found = acceptor.wait(1.0)
        except OSError as cause:
            self.host.log.warning("cannot accept a connection: %s; trying again", cause)
            self.host.stop.wait(0.5)
            return
        if found:
            self.serve(*found, self.slot)


class Main(Threaded):
    """The process is the service's own: main(ctx), until it returns."""

    kind, guarded = KIND_PROCESS, True

    def on_stop(self):
        _thread.start_new_thread(self.guard, ())

    def run(self):
        self.work_of_main.daemon = False
        self.call(self.service.start, self.context)
        self.host.hangup.heed(self.heed_hangup)
        result = self.service.entry(self.context)
        self.work_of_main.daemon = True
        if not self.host.stop.is_set():
            self.host.stop_now()
        self.drain()
        code = result if isinstance(result, int) else 0
        self.host.see_off(code)
        self.call(self.service.finish, self.context)
        return code


class Threads(Threaded):
    """A pool: each thread accepts and serves one connection at a time. The main thread looks after them."""

    def run(self):
        host = self.host
        self.call(self.service.start, self.context)
        self.listeners = host.streams()
        self.backlog, self.pool = None, []
        self.wake, writer = socket.socketpair()
        self.wake.setblocking(False)
        writer.setblocking(False)
        # A signal may be handed to any thread: this brings the main one to run its handler.
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        ready = threading.Semaphore(0)
        for number in range(host.settings["threads"]):
            threading.Thread(target=self.work_on, args=(number, ready), name=f"pool/{number}", daemon=True).start()
        for _ in range(host.settings["threads"]):
            ready.acquire()
        host.hangup.heed(self.heed_hangup)
        host.ready()
        self.look_after()
        self.backlog = Backlog(self.listeners)
        self.drain()
        host.see_off(0)
        self.call(self.service.finish, self.context)
        signal.set_wakeup_fd(-1)
        return 0

    def look_after(self):
        host, gil = self.host, GilWatch(self.host)
        interval = min(2.0, host.task_timeout / 4e9) if host.task_timeout else 2.0
        poll = select.poll()
        poll.register(self.wake, select.POLLIN)
        poll.register(host.stop.fileno(), select.POLLIN)
        while not host.stop.is_set():
            if poll.poll(max(10, interval * 1000)):
                try:
                    self.wake.recv(4096)
                except BlockingIOError:
                    pass
            self.slot.beat()
            host.ping()
            if self.hung_up:
                self.hung_up = False
                self.reload()
            gil.look(self.slots())
            self.cancel_overdue()

    def drain(self):
        while not self.tick() or self.running:
            self.cancel_overdue()
            if time.monotonic() >= self.host.deadline:
                self.host.log.warning("drain-timeout (%s) is over: %d of the pool's threads have not ended",
                                      duration(self.host.settings["drain-timeout"]), self.running)
                leave(0)
            time.sleep(0.02)

    def slots(self):
        return list({id(each): each for each in [*self.pool, *super().slots()]}.values())

    running, hung_up = 0, False

    def on_hangup(self):
        self.hung_up = True  # The handler has interrupted what may hold a lock.

    def work_on(self, number, ready):
        name_thread(f"pool/{number}")
        slot = self.host.page.slot(KIND_THREAD)
        acceptor = Acceptor(self.listeners, self.host.stop)
        with self.host.timing:
            self.running += 1
            self.pool.append(slot)
        try:
            ready.release()
            self.serve_all(acceptor, slot)
        finally:
            with self.host.timing:
                self.running -= 1

    def serve_all(self, acceptor, slot):
        while not self.host.stop.is_set():
            slot.beat()
            self.accept(acceptor, slot)
        acceptor.close()
        while self.backlog is None:
            time.sleep(0.005)
        for conn, addr in iter(self.backlog.take, None):
            self.serve(conn, addr, slot)

    def accept(self, acceptor, slot):
        try:
            found = acceptor.wait(1.0)
        except OSError as cause:
            self.host.log.warning("cannot accept a connection: %s; trying again", cause)
            self.host.stop.wait(0.5)
            return
        except TaskTimeout:
            return  # Struck when the task had just ended.
        if found:
            self.serve(*found, slot)

    def cancel_overdue(self):
        """A thread cannot be cancelled from outside: an exception is raised in it, which strikes when it next
        runs Python's code, and its connection is shut, so that it does not wait for that."""
        if not self.host.task_timeout:
            return
        for work in self.host.overdue():
            with self.host.timing:
                if not work.since or work.expired or work.owner is None:
                    continue
                work.expired = True
                self.host.say_overdue(work, sys._current_frames().get(work.owner))
                raise_in(work.owner, TaskTimeout)
            if work.conn is not None:
                try:
                    work.conn.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def disarm(self, work):
        if work.expired and work.owner is not None:
            raise_in(work.owner, None)


def raise_in(thread, exception):
    """Raises an exception in another thread; None takes back one that has not struck yet."""
    import ctypes
    what = ctypes.py_object(exception) if exception else ctypes.py_object()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


class GilWatch:
    """Notices threads that compute: Python runs one of them at a time, so they only cost. What counts is the
    processor time of a task, which a machine with too much to do does not change."""

    LOOKS = 3  # More that found it than such that did not, before it is said.
    TASK = 5_000_000  # ns of processor time from which on a task computes rather than serves.

    def __init__(self, host):
        self.host, self.before, self.at, self.found, self.said = host, {}, monotonic_ns(), 0, False
        self.off = not getattr(sys, "_is_gil_enabled", lambda: True)()

    def look(self, slots):
        elapsed = monotonic_ns() - self.at
        if self.off or self.said or elapsed < 1_000_000_000:
            return
        now = {slot.index: (*processor_ns(slot), slot.tasks_done) for slot in slots}
        known = [(now[index], old) for index, old in self.before.items() if index in now]
        ran, waited, tasks = ([new[field] - old[field] for new, old in known] for field in range(3))
        self.before, self.at, total, tasks = now, monotonic_ns(), sum(ran), sum(tasks)
        computing = sum(each > total / 10 for each in ran)
        wanted = total + sum(waited) > elapsed / 5
        # More than one processor: it is not Python's own code that computes, and it needs no GIL.
        crowded = computing >= 2 and wanted and total < 1.2 * elapsed and total > self.TASK * max(tasks, 1)
        self.found = self.found + 1 if crowded else max(0, self.found - 1)
        if self.found >= self.LOOKS:
            self.said = True
            self.host.log.warning(
                "%d threads compute, %d ms a task, and Python runs one of them at a time (the GIL): together they had "
                "%.2f of one processor. For work that computes set model = \"processes\" and workers = \"cores\"",
                computing, total / max(tasks, 1) / 1e6, total / elapsed)


def processor_ns(slot):
    """For how long a slot's thread has run, and has waited for a processor."""
    tid = slot.page.u32[(SLOTS_AT + 256 * slot.index + 4) >> 2]
    try:
        with open(f"/proc/self/task/{tid}/schedstat", "rb") as file:
            ran, waited, _ = file.read().split()
        return int(ran), int(waited)
    except (OSError, ValueError):
        return 0, 0


def beat_interval(settings):
    """Seconds between two beats of a loop: several within the time that counts as a stall."""
    limits = [settings[name] / 1000 for name in ("stall-warn", "stall-timeout") if settings[name]]
    return min(0.1, max(0.01, min(limits) / 2.5)) if limits else 1.0


def listen_interval(settings):
    """Seconds between two looks at the silent connections: what stalls is still found in time."""
    limits = [settings[name] / 1000 for name in ("stall-timeout", "task-timeout") if settings[name]]
    return min(0.5, max(0.02, min(limits, default=0.5) / 8))


class Loop(Model):
    """What the models have in common in which one thread does all: one slot, many works."""

    kind = KIND_LOOP

    def new_work(self, label, place, conn=None, implicit=False, listed=False):
        return Work(self.host, self.slot, False, label, place, conn, implicit, None, listed)

    def __init__(self, host, service):
        super().__init__(host, service)
        self.ident, self.interval, self.due = thread_ident(), beat_interval(host.settings), 0
        self.work_of_callbacks = None  # One for all: what the loop calls outside of any task has no end of its own.

    def work(self):
        """The caller's work; a task or greenlet that the service began by itself is given one."""
        if thread_ident() != self.ident:
            return self.work_of_thread()
        work, runner = current_work.get(None), self.runner()
        if work is not None and work.owner is runner:
            return work
        if runner is None and self.work_of_callbacks:
            return self.work_of_callbacks
        work = self.new_work(self.runner_name(runner), self.service.place)
        work.owner, work.daemon = runner, True
        if runner is None:
            self.work_of_callbacks = work
        else:
            current_work.set(work)
            self.when_done(runner, work)
        return work

    def beat(self, now):
        """Called by the loop itself: what delays this delays every other coroutine as long."""
        self.slot.alive(len(self.host.works) - 1)
        self.slot.lag(max(0, int((now - self.due) * 1e6)) if self.due else 0)
        self.slot.say("")
        self.due = now + self.interval
        self.host.ping()
        if self.host.task_timeout:
            for work in self.host.overdue():
                work.expired = True
                self.cancel(work)


# Before 3.12 asyncio.current_task is Python's own code, and takes as long as all else that a request costs here.
CURRENT_TASKS = getattr(asyncio.tasks, "_current_tasks", None) if sys.version_info < (3, 12) else None


class Coroutines(Loop):
    """One asyncio event loop: a coroutine a connection."""

    def run(self):
        return asyncio.run(self.main())

    def runner(self):
        if CURRENT_TASKS is not None:
            return CURRENT_TASKS.get(self.loop)
        try:
            return asyncio.current_task()
        except RuntimeError:
            return None  # The loop does not run.

    def runner_name(self, task):
        return task.get_name() if task else "loop"

    def when_done(self, task, work):
        task.add_done_callback(lambda _: work.end())

    async def call(self, function, *arguments):
        if function:
            result = function(*arguments)
            if inspect.isawaitable(result):
                await result

    async def main(self):
        host = self.host
        self.loop, self.drained = asyncio.get_running_loop(), asyncio.Event()
        self.work_of_main.owner = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, host.stop_now)
        self.live = 0  # Tasks that a drain waits for.
        self.pulse()
        await self.call(self.service.start, self.context)
        self.reloading = asyncio.Lock()
        host.hangup.heed(self.heed_hangup)
        code = await (self.own_main() if self.service.is_main else self.accept_all())
        await self.finish()
        host.see_off(code)
        await self.call(self.service.finish, self.context)
        if host.blocked:  # asyncio would wait as well, but in a thread that is one more to be told of.
            await asyncio.wait(host.blocked)
        return code

    def on_hangup(self):
        self.loop.call_soon_threadsafe(lambda: self.begin_spawned("reload", self.reload(), True, self.service.place, False))

    async def reload(self):
        async with self.reloading:  # Or an older configuration might be taken over last.
            config, taken = self.host.new_config(), False
            if config is not None and self.service.reload:
                try:
                    result = self.service.reload(config)
                    taken = (await result if inspect.isawaitable(result) else result) is not False
                except Exception:
                    self.host.log.exception(UNTAKEN)
            self.host.reloaded(config, taken)

    def pulse(self):
        self.beat(self.loop.time())
        self.loop.call_at(self.due, self.pulse)

    async def own_main(self):
        host = self.host
        task = self.begin_spawned("main", self.service.entry(self.context), False, self.service.place, True)
        stopped = asyncio.ensure_future(wait_for_stop(host.stop))
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not host.stop.is_set():
            host.stop_now()
        left = host.deadline - time.monotonic()
        done, _ = await asyncio.wait([task], timeout=None if math.isinf(left) else max(0, left))
        stopped.cancel()
        if not done:
            return 0
        result = task.result()
        return result if isinstance(result, int) else 0

    async def accept_all(self):
        listeners = self.host.streams()
        for listener in listeners:
            self.listen(listener)
        self.host.ready()
        await self.host.stop
        for listener in listeners:
            self.loop.remove_reader(listener)
        backlog = Backlog(listeners)
        for conn, addr in iter(backlog.take, None):
            self.begin(conn, addr)
        return 0

    def listen(self, listener):
        if not self.host.stop.is_set():
            self.loop.add_reader(listener, self.on_connection, listener)

    def on_connection(self, listener):
        # One at a time: what is in the kernel's queue is not lost with this process.
        try:
            conn, addr = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as cause:
            self.host.log.warning("cannot accept a connection: %s; trying again", cause)
            self.loop.remove_reader(listener)
            self.loop.call_later(0.5, self.listen, listener)
            return
        self.begin(conn, addr)

    def begin(self, conn, addr):
        conn.setblocking(False)
        work = self.new_work(peer_name(addr), self.service.place, conn, not self.host.marks)
        self.follow(self.loop.create_task(self.serve(work, conn)), work)

    def follow(self, task, work, what=None):
        """Sees to the end of a task. One that is cancelled before its first step has none in its own code."""
        if not work.daemon:
            self.live += 1
        work.owner = task

        def ended(_):
            if inspect.iscoroutine(what):
                what.close()  # It may never have run.
            if not work.daemon:
                self.live -= 1
                if not self.live:
                    self.drained.set()
            work.end()
        task.add_done_callback(ended)
        return task

    async def serve(self, work, conn):
        current_work.set(work)
        writer = None
        try:
            reader = asyncio.StreamReader(loop=self.loop)
            protocol = asyncio.StreamReaderProtocol(reader, loop=self.loop)
            if work.silent:
                protocol.data_received = functools.partial(self.first_bytes, work, protocol)
            transport, _ = await self.loop.connect_accepted_socket(lambda: protocol, conn)
            writer = asyncio.StreamWriter(transport, protocol, reader, self.loop)
            await self.service.entry(reader, writer, self.context)
            if transport.get_write_buffer_size():
                await writer.drain()
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass  # Said when it was cancelled; the others are the client's to explain.
        except BaseException as cause:
            self.host.say_failed(work.label, cause)
        finally:
            await self.close(work, conn, writer)

    @staticmethod
    def first_bytes(work, protocol, data):
        protocol.__dict__.pop("data_received", None)  # From now on it is the protocol's own.
        work.hear()
        protocol.data_received(data)

    async def close(self, work, conn, writer):
        if writer is None:
            close_connection(conn, work)
            return
        writer.close()
        if writer.transport.get_write_buffer_size():
            try:
                await writer.wait_closed()
            except (OSError, asyncio.CancelledError):
                pass

    def spawn(self, name, what, arguments, daemon, place):
        if not inspect.isawaitable(what):
            what = what(*arguments)
        if not inspect.isawaitable(what):
            raise TypeError(f"cannot spawn {name}: it is no coroutine; `await ctx.blocking(fn)` runs a function")
        task = self.begin_spawned(name, what, daemon, place, False)
        self.tasks.add(task)  # asyncio itself keeps no reference to it.
        task.add_done_callback(self.tasks.discard)
        return task

    tasks = set()

    def begin_spawned(self, name, what, daemon, place, strict):
        work = self.new_work(name, place, listed=True)
        work.daemon = daemon
        return self.follow(self.loop.create_task(self.spawned(work, what, strict)), work, what)

    async def spawned(self, work, what, strict):
        current_work.set(work)
        try:
            return await what
        except asyncio.CancelledError:
            raise
        except BaseException as cause:
            if strict:
                raise
            self.host.say_failed(work.label, cause)

    def cancel(self, work):
        self.host.say_overdue(work, awaiting(work.owner) if work.owner else None)
        if work.entry is not None:
            self.host.page.task_state(work.entry, CANCELLED)
        if work.owner:
            work.owner.cancel()

    async def finish(self):
        """Waits for what runs, until the drain's deadline; then what is left is cancelled."""
        host = self.host
        if not host.stop.is_set():
            host.stop_now()
        while self.live:
            host.cut_idle()
            left = host.deadline - time.monotonic()
            if left <= 0:
                host.say_cut(self.pending())
                for work in self.pending():
                    if work.owner:
                        work.owner.cancel()
                await asyncio.wait([asyncio.ensure_future(self.drained.wait())], timeout=1)
                leave(0)  # For a thread that blocks would hold the loop's own end up.
            self.drained.clear()
            if self.live:
                try:
                    await asyncio.wait_for(self.drained.wait(), min(0.05, left))
                except asyncio.TimeoutError:
                    pass


def awaiting(task):
    """The frame in which a task's own code waits: the innermost that is not asyncio's."""
    found, coroutine = None, task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None:
            break
        if not frame.f_code.co_filename.startswith(os.path.dirname(asyncio.__file__)):
            found = frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return found


async def wait_for_stop(stop):
    await stop


class Greenlets(Loop):
    """gevent: a greenlet a connection, for code that blocks as threads' code does."""

    def __init__(self, host, service):
        import gevent
        import gevent.event
        self.gevent = gevent
        super().__init__(host, service)
        self.stopped = gevent.event.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, host.stop_now)

    def runner(self):
        return self.gevent.getcurrent()

    def runner_name(self, greenlet):
        return getattr(greenlet, "name", "main")

    def when_done(self, greenlet, work):
        if hasattr(greenlet, "link"):
            greenlet.link(lambda _: work.end())

    def on_stop(self):
        self.stopped.set()

    def on_hangup(self):
        self.gevent.spawn(self.reload)

    def pulse(self):
        listening, pause = 0, listen_interval(self.host.settings)
        while True:
            now = time.monotonic()
            self.beat(now)
            if self.host.silent and now >= listening:
                self.host.listen()
                listening = now + pause
            self.gevent.sleep(self.interval)

    def run(self):
        host, service = self.host, self.service
        self.work_of_main.owner, code = self.gevent.getcurrent(), 0
        self.gevent.spawn(self.pulse)
        if service.start:
            service.start(self.context)
        host.hangup.heed(self.heed_hangup)
        if service.is_main:
            code = self.own_main()
        else:
            listeners = host.streams(blocking=True)  # That is gevent's to unblock.
            accepting = [self.gevent.spawn(self.accept, each) for each in listeners]
            host.ready()
            self.stopped.wait()
            self.gevent.killall(accepting)
            backlog = Backlog(host.streams())
            for conn, addr in iter(backlog.take, None):
                self.gevent.spawn(self.serve, conn, addr)
            self.gevent.sleep(0)
        self.drain()
        host.see_off(code)
        if service.finish:
            service.finish(self.context)
        return code

    def own_main(self):
        greenlet = self.gevent.spawn(self.spawned, "main", self.service.entry, (self.context,), False,
                                     self.service.place, True)
        self.gevent.wait([greenlet, self.stopped], count=1)
        if not self.host.stop.is_set():
            self.host.stop_now()
        left = self.host.deadline - time.monotonic()
        greenlet.join(None if math.isinf(left) else max(0, left))
        if not greenlet.dead:
            return 0
        result = greenlet.get()
        return result if isinstance(result, int) else 0

    def accept(self, listener):
        while True:
            try:
                conn, addr = listener.accept()
            except ConnectionError:
                continue
            except OSError as cause:
                self.host.log.warning("cannot accept a connection: %s; trying again", cause)
                self.gevent.sleep(0.5)
                continue
            self.gevent.spawn(self.serve, conn, addr)

    def serve(self, conn, addr):
        host = self.host
        work = self.new_work(peer_name(addr), self.service.place, conn, not host.marks)
        work.owner = self.gevent.getcurrent()
        current_work.set(work)
        try:
            self.service.entry(conn, addr, self.context)
        except (TaskTimeout, ConnectionError, self.gevent.GreenletExit):
            pass
        except BaseException as cause:
            host.say_failed(work.label, cause)
        finally:
            settle(work, conn)

    def spawn(self, name, what, arguments, daemon, place):
        return self.gevent.spawn(self.spawned, name, what, arguments, daemon, place, False)

    def spawned(self, name, what, arguments, daemon, place, strict):
        work = self.new_work(name, place, listed=True)
        work.owner, work.daemon = self.gevent.getcurrent(), daemon
        current_work.set(work)
        try:
            return what(*arguments)
        except self.gevent.GreenletExit:
            raise
        except BaseException as cause:
            if strict:
                raise
            self.host.say_failed(name, cause)
        finally:
            work.end()

    def cancel(self, work):
        frame = getattr(work.owner, "gr_frame", None)
        while frame is not None and frame.f_code.co_filename.find("gevent") >= 0:
            frame = frame.f_back  # Where the service's own code waits.
        self.host.say_overdue(work, frame)
        if work.entry is not None:
            self.host.page.task_state(work.entry, CANCELLED)
        if hasattr(work.owner, "kill"):
            work.owner.kill(TaskTimeout(f"{work.label} took longer than task-timeout"), block=False)

    def drain(self):
        while self.pending():
            self.host.cut_idle()
            if time.monotonic() >= self.host.deadline:
                self.host.say_cut(self.pending())
                leave(0)
            self.gevent.sleep(0.02)


# --- Loading the service -----------------------------------------------------------------------------

def nearest(name, names):
    """“; did you mean …?”, when one is near."""
    found = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {found[0]}?" if found else ""


def find_module(spec):
    """(module's name, attribute or "") of "app:handler", "pkg.app:handler" or "/srv/shop/app.py:handler".
    Its directory, or the working directory, is the first to be searched."""
    module, _, attribute = spec.partition(":")
    directory = os.getcwd()
    if module.endswith(".py") or "/" in module:
        path = os.path.abspath(module)
        if not os.path.exists(path):
            there = [each for each in os.listdir(os.path.dirname(path)) if each.endswith(".py")] \
                if os.path.isdir(os.path.dirname(path)) else []
            raise ConfigError(f"cannot load {spec}: {path} does not exist"
                              f"{nearest(os.path.basename(path), there)}")
        directory, module = os.path.dirname(path), os.path.basename(path)[:-3 if path.endswith(".py") else None]
    sys.path[0] = directory
    return module, attribute


def import_module(spec, module):
    """The module; ConfigError when there is none of that name. What it raises itself goes on."""
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as cause:
        missing = cause.name or ""
        if module != missing and not module.startswith(missing + "."):
            raise  # One that the service itself imports.
        parent, _, last = missing.rpartition(".")
        path = getattr(sys.modules.get(parent), "__path__", None) if parent else sys.path[:1]
        there = [each.name for each in pkgutil.iter_modules(path)] if path else []
        where = f"{parent} has" if parent else f"{sys.path[0]} has"
        raise ConfigError(f"cannot load {spec}: {where} no module {last}{nearest(last, there)}") from None


def positional(function):
    """How many positional arguments a callable takes, None: it does not tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind == each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) and each.default is each.empty
               for each in parameters)


def is_async(function):
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or \
        inspect.iscoroutinefunction(getattr(function, "__call__", None))


class Service:
    """The code that is hosted: found once, made once a worker."""

    def __init__(self, settings):
        self.settings, self.spec = settings, settings["module"]
        self.entry = self.is_main = None
        name, attribute = find_module(self.spec)
        self.module = import_module(self.spec, name)
        names = [attribute] if attribute else ["handler", "main", "Service"]
        found = next((each for each in names if hasattr(self.module, each)), None)
        if found is None:
            public = [each for each, value in vars(self.module).items()
                      if callable(value) and not each.startswith("_")]
            wanted = attribute or " or ".join(names)
            raise ConfigError(f"cannot load {self.spec}: module {name} has no {wanted}"
                              f"{nearest(attribute or names[0], public)}")
        self.name, self.target = found, getattr(self.module, found)
        self.preload = getattr(self.module, "preload", None)
        self.start = getattr(self.module, "worker_start", None)
        self.finish = getattr(self.module, "worker_stop", None)
        self.reload = getattr(self.module, "reload", None)
        if self.reload is importlib.reload:  # Imported from there.
            self.reload = None
        if not callable(self.target):
            raise ConfigError(f"cannot run {self.spec}: {found} is {type(self.target).__name__}, "
                              "expected a function or a class")
        self.place = place_of_function(self.target)
        if not inspect.isclass(self.target):
            self.take(self.target, found)

    def make(self, context):
        """In the worker: a class is given its context, and its method is the entry."""
        if inspect.isclass(self.target):
            made = self.target(context)
            name = next((each for each in ("handler", "main") if hasattr(made, each)), None)
            if name is None:
                raise ConfigError(f"cannot run {self.spec}: class {self.name} has no method handler or main")
            self.place = place_of_function(getattr(made, name))
            self.reload = getattr(made, "reload", self.reload)
            self.take(getattr(made, name), name)

    def take(self, entry, name):
        """Checks that the entry suits the model, in the words of the unit file."""
        wanted, count = self.settings, positional(entry)
        self.entry = entry
        self.is_main = name == "main" or count == 1
        loops = wanted["model"] == "coroutines" and wanted["loop"] == "asyncio"
        for hook, its_name in ((entry, name), (self.reload, "reload")):
            if hook and is_async(hook) and not loops:
                how = "loop = \"asyncio\"" if wanted["model"] == "coroutines" else "model = \"coroutines\""
                raise ConfigError(f"cannot run {self.spec}: {its_name} is `async def`, which needs {how}")
        if not is_async(entry) and loops and not self.is_main:
            raise ConfigError(f"cannot run {self.spec}: model = \"coroutines\" needs `async def {name}(reader, writer, "
                              "ctx)`; for a plain function set loop = \"gevent\", or model = \"threads\"")
        expected = ("ctx",) if self.is_main else ("reader", "writer", "ctx") if loops else ("conn", "addr", "ctx")
        if count is not None and count != len(expected):
            raise ConfigError(f"cannot run {self.spec}: {name} takes {count} arguments, "
                              f"expected {name}({', '.join(expected)})")


def own_frames_off(cause):
    """The traceback without what is of this file and of the import system."""
    frames = [each for each in traceback.extract_tb(cause.__traceback__)
              if each.filename != __file__ and "importlib" not in each.filename]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    return "".join(lines + traceback.format_exception_only(type(cause), cause)).rstrip()


def load(settings):
    """Imports the service, or exits: 78 when its configuration is wrong, 1 when its code is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # The log is no terminal: a line is to be there when it is printed.
            stream.reconfigure(line_buffering=True)
    if settings["loop"] == "gevent" and settings["model"] == "coroutines":
        try:
            from gevent import monkey
        except ModuleNotFoundError:
            raise ConfigError("cannot use loop = \"gevent\": Python finds no module gevent; "
                              "install it (Debian: python3-gevent), or use loop = \"asyncio\"") from None
        monkey.patch_all()
    try:
        return Service(settings)
    except ConfigError:
        raise
    except BaseException as cause:  # Also SystemExit: a module that exits while it is imported.
        print(own_frames_off(cause), file=sys.stderr)
        print(f"cannot load {settings['module']}: {type(cause).__name__} while it was imported", file=sys.stderr)
        leave(1)


# --- A worker's life -----------------------------------------------------------------------------------

def start_logging(unit):
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormat("%(message)s"))
    log = logging.getLogger(unit)
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)


def catch_faults(host):
    """Crash lines, and stacks on SIGUSR2: both written by C code, which needs no GIL."""
    faulthandler.enable(file=sys.stderr, all_threads=False)
    signal.signal(signal.SIGUSR2, host.trace)
    faulthandler.register(signal.SIGUSR2, file=sys.stderr, all_threads=False, chain=True)


def model_for(settings, service):
    if settings["model"] == "coroutines" and settings["loop"] == "gevent":
        return Greenlets
    if settings["model"] == "coroutines" and (not service.is_main or is_async(service.entry)):
        return Coroutines
    if service.is_main:
        return Main
    return Threads if settings["model"] == "threads" else Processes


def run_forked(service, given):
    """A worker that a template has made."""
    hangup = Hangup(functools.partial(read_passed, given["settings"]))
    settings = service.settings = hangup.read()
    page = Page(given["page"]) if "page" in given else Page()
    if settings["loop"] == "gevent" and settings["model"] == "coroutines":
        import gevent
        gevent.reinit()  # Its own fork would have done that.
    name_thread(settings["unit"])
    return run_worker(settings, service, page, hangup, [(name[len("listen."):], descriptor)
                                                        for name, descriptor in given.items() if name.startswith("listen.")])


def run_worker(settings, service, page, hangup, passed):
    """Everything from a loaded service to the worker's exit code."""
    start_logging(settings["unit"])
    page.claim(settings["index"])
    if settings["cpus"]:
        try:
            os.sched_setaffinity(0, settings["cpus"])
        except OSError as cause:
            print(f"cannot keep to the processors {settings['cpus']}: {cause}", file=sys.stderr)
    listeners, memory = take_listeners(passed)
    for name, address in settings["listen"].items():
        if name not in listeners:
            listeners[name] = open_listener(name, address)
    host = Host(settings, page, Notify(os.environ.get("NOTIFY_SOCKET")), listeners, memory, hangup)
    catch_faults(host)
    service.make(host.context)
    if not service.is_main and not any(each.type == socket.SOCK_STREAM for each in listeners.values()):
        raise ConfigError(f"cannot run {service.spec}: {service.name} takes connections, and no listener has them; "
                          "give the unit a [listen] table, or write main(ctx)")
    return model_for(settings, service)(host, service).run()


def exit_with(run):
    """Runs it, and ends the process as superd is to understand it."""
    try:
        code = run()
    except ConfigError as cause:
        complain(cause)
        Notify(os.environ.get("NOTIFY_SOCKET")).last_word(f"STATUS={' '.join(str(cause).split())}")
        code = EX_CONFIG
    except Exception as cause:
        complain(own_frames_off(cause))
        code = 1
    end(code)


def take_environment():
    """(settings, page, listeners) as superd passes them; what is ours alone is not left to children."""
    passed = inherited(os.environ)
    given = {name: os.environ.pop(name, None)
             for name in ("SUPERD_SETTINGS", "SUPERD_PAGE", "SUPERD_TEMPLATE", "LISTEN_PID", "LISTEN_FDS",
                          "LISTEN_FDNAMES")}
    return given, passed


def descriptor_of(name, text):
    try:
        number = int(text)
        os.set_inheritable(number, False)
        return number
    except (ValueError, OSError) as cause:
        raise ConfigError(f"cannot use {name}={text}: {cause}") from None


def read_all(descriptor):
    """A sealed file that several may read: by offset."""
    text, part = b"", b"x"
    while part:
        part = os.pread(descriptor, 1 << 16, len(text))
        text += part
    return text


def read_passed(descriptor):
    """The settings that superd passed, as they are now."""
    return read_settings(read_all(descriptor), "superd")


def read_given(path):
    """Those of a worker that runs alone."""
    try:
        with open(path, "rb") as file:
            return read_settings(file.read(), path)
    except OSError as cause:
        raise ConfigError(f"cannot read {path}: {cause.strerror}") from None


# --- The template: units/protocol/README.md, "A template" -----------------------------------------------

CLONE_PARENT, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID = 0x8000, 0x01000000, 0x00200000
PR_GET_TID_ADDRESS = 40
SYS_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
MESSAGE_MAX, DESCRIPTORS_MAX = 65536, 253
# What tells whose a process is; it goes first into the memory that /proc/PID/environ shows.
IDENTITY = ("SUPERD_RUN", "SUPERD_INSTANCE", "SUPERD_SERVICE")


class Template:
    """A process that has imported the service, and forks a worker whenever superd asks."""

    def __init__(self, channel):
        import ctypes
        self.ctypes = ctypes
        self.channel = socket.socket(fileno=channel)
        self.libc = ctypes.PyDLL(None, use_errno=True)  # A PyDLL keeps the GIL, as fork must.
        self.libc.syscall.restype = ctypes.c_long
        self.number = SYS_CLONE.get(os.uname().machine)
        # Where libc keeps its own idea of the thread's number; a bare clone would leave the template's there.
        address = ctypes.c_ulong(0)
        known = self.libc.prctl(PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) == 0
        self.tid_address = address.value if known else 0

    def serve(self, service):
        """Answers superd until it goes. In a forked worker: returns what it is to be, (environment, {name: fd})."""
        if self.number is None:
            raise ConfigError(f"cannot use preload: how to clone on {os.uname().machine} is not known; "
                              "set preload = false")
        if service.preload:
            service.preload()
        gc.collect()
        gc.freeze()  # What is imported stays as it is, so that its memory stays shared.
        signal.signal(signal.SIGTERM, lambda *_: leave(0))
        self.say({"ready": True})
        while True:
            try:
                message, descriptors, flags, _ = socket.recv_fds(self.channel, MESSAGE_MAX, DESCRIPTORS_MAX)
            except InterruptedError:
                continue
            if not message:
                leave(0)
            order = self.read(message, descriptors, flags)
            made = order and self.fork(order)
            if made:
                return made
            for each in descriptors:
                os.close(each)

    def say(self, message):
        """False: superd is gone; the next recv tells the template so."""
        try:
            self.channel.send(json.dumps(message).encode(), socket.MSG_NOSIGNAL)
        except OSError:
            return False
        return True

    @staticmethod
    def read(message, descriptors, flags):
        """{"run", "environment", "descriptors": {name: fd}} of a message; None: it makes no sense."""
        try:
            order = json.loads(message)
            names = order["descriptors"]
            if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(names) != len(descriptors):
                raise ValueError(f"{len(names)} descriptors are named, {len(descriptors)} came")
            return {"run": int(order["run"]), "environment": dict(order["environment"]),
                    "descriptors": dict(zip(names, descriptors))}
        except (ValueError, KeyError, TypeError) as cause:
            print(f"cannot fork a worker: the request makes no sense: {cause}", file=sys.stderr)
            return None

    def fork(self, order):
        """In the worker: what it is to be. In the template: None."""
        threads = len(os.listdir("/proc/self/task"))
        if threads > 1:
            names = ", ".join(each.name for each in threading.enumerate() if each is not threading.main_thread())
            cause = (f"cannot fork: {threads - 1} more threads run{f' ({names})' if names else ''}, and a copy would have "
                     "their locks without them; start them in worker_start(ctx), or set preload = false")
            self.say({"run": order["run"], "failed": cause, "permanent": True})
            return None
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # Or both would write it.
        python = self.ctypes.pythonapi
        python.PyOS_BeforeFork()
        flags = CLONE_PARENT | signal.SIGCHLD
        if self.tid_address:
            flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID
        word, address = self.ctypes.c_ulong, self.ctypes.c_ulong(self.tid_address)
        # The fourth and fifth argument change places between architectures.
        rest = (address, word(0)) if os.uname().machine == "x86_64" else (word(0), address)
        pid = self.libc.syscall(self.ctypes.c_long(self.number), word(flags), word(0), word(0), *rest)
        error = self.ctypes.get_errno()
        if pid == 0:
            python.PyOS_AfterFork_Child()
            self.become(order)
            return order
        python.PyOS_AfterFork_Parent()
        if pid < 0:
            self.say({"run": order["run"], "failed": f"cannot fork: {os.strerror(error)}", "permanent": False})
        return None

    def become(self, order):
        """A session, a place and a name of its own, and then superd is told."""
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        given = order["descriptors"]
        for name, target in (("stdout", 1), ("stderr", 2)):
            if name in given:
                descriptor = given.pop(name)
                os.dup2(descriptor, target)
                os.close(descriptor)
        if "cgroup" in given:
            descriptor = given.pop("cgroup")
            try:
                os.write(descriptor, b"0")
            except OSError as cause:
                print(f"cannot join the control group: {cause}", file=sys.stderr)
            os.close(descriptor)
        for name, value in order["environment"].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        show_environment(self.ctypes)
        if not self.say({"run": order["run"]}):
            leave(0)  # Nobody knows of this process: another is made in its place.
        self.channel.close()


def show_environment(ctypes):
    """Lays this process's variables over those it was forked with, so far as there is room."""
    try:
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        start, end = int(fields[47]), int(fields[48])
    except (OSError, IndexError, ValueError):
        return
    if not 0 < start < end:
        return
    names = [each for each in IDENTITY if each in os.environ] + [each for each in os.environ if each not in IDENTITY]
    block = b""
    for name in names:
        entry = os.fsencode(f"{name}={os.environ[name]}") + b"\0"
        if len(block) + len(entry) < end - start:
            block += entry
    # libc's own copies are elsewhere: Python has put every variable anew that it was asked to set.
    for name in os.environ:
        os.environ[name] = os.environ[name]
    ctypes.memmove(start, block.ljust(end - start, b"\0"), end - start)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="superd_worker.py", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__.partition("\n\nOne file")[0])
    parser.add_argument("--settings", metavar="FILE", help="a JSON object as units/protocol/README.md has it, "
                        "with \"listen\": {\"http\": \"tcp://127.0.0.1:8080\"} besides")
    options = parser.parse_args(arguments)

    def run():
        given, passed = take_environment()
        if options.settings:
            hangup = Hangup(functools.partial(read_given, options.settings))
        elif given["SUPERD_SETTINGS"]:
            hangup = Hangup(functools.partial(read_passed, descriptor_of("SUPERD_SETTINGS", given["SUPERD_SETTINGS"])))
        else:
            parser.print_usage(sys.stderr)
            print("superd_worker.py: cannot start: there are no settings; give --settings FILE", file=sys.stderr)
            leave(EX_USAGE)
        settings = hangup.read()
        name_thread(settings["unit"])
        service = load(settings)
        if given["SUPERD_TEMPLATE"]:
            order = Template(descriptor_of("SUPERD_TEMPLATE", given["SUPERD_TEMPLATE"])).serve(service)
            return run_forked(service, order["descriptors"])
        if service.preload:
            service.preload()
        page = Page(descriptor_of("SUPERD_PAGE", given["SUPERD_PAGE"])) if given["SUPERD_PAGE"] else Page()
        return run_worker(settings, service, page, hangup, passed)

    # A service may `from superd_worker import ConfigError`: that is this module, not a second one.
    sys.modules["superd_worker"] = sys.modules[__name__]
    exit_with(run)


if __name__ == "__main__":
    main()
