"""A small service manager that does for superd what systemd does: it listens to sd_notify(3), keeps descriptors
in a store (FDSTORE=1), and starts superd with them (sd_listen_fds(3)).

As systemd's the store keeps a descriptor once, puts the latest first, forgets by name, and takes no more than
its size. Run as a program it turns into superd, with the descriptors where they belong:
service_manager.py NAMES FD... -- PROGRAM ARGUMENT..."""
import array
import ctypes
import os
import platform
import secrets
import socket
import sys
import threading
import time

FIRST = 3  # SD_LISTEN_FDS_START
KCMP = {"x86_64": 312, "aarch64": 272}.get(platform.machine())


def same_file(one, other):
    """Whether two descriptors of ours are of one open file."""
    pid = os.getpid()
    return ctypes.CDLL(None).syscall(KCMP, pid, pid, 0, one, other) == 0


class ServiceManager:
    def __init__(self, superd, size=4096, told_size=None, watchdog=None):
        """`size`: of the store; `told_size`: as superd is told, None: the same."""
        self.superd, self.size, self.watchdog = superd, size, watchdog
        self.told_size = size if told_size is None else told_size
        self.path = superd.base / "service-manager.sock"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(str(self.path))
        if superd.user:
            os.chown(self.path, *superd.user)
        self.store, self.sockets = [], []  # (name, descriptor), the latest first.
        self.messages, self.arrived = [], threading.Condition()  # (moment, {key: value})
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        size = socket.CMSG_SPACE(16 * 4) + socket.CMSG_SPACE(12)
        while True:
            try:
                text, ancillary, _, _ = self.socket.recvmsg(8192, size)
            except OSError:
                return
            if not text:
                return
            descriptors, sender = array.array("i"), 0
            for level, kind, data in ancillary:
                if kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(data[:len(data) - len(data) % 4])
                else:
                    sender = int.from_bytes(data[:4], sys.byteorder)
            fields = dict(line.split("=", 1) for line in text.decode().splitlines() if line)
            with self.arrived:
                self.take(sender, fields, list(descriptors))
                self.arrived.notify_all()

    def take(self, sender, fields, descriptors):
        # NotifyAccess=main
        if self.superd.process is None or sender != self.superd.process.pid:
            self.messages.append((time.monotonic(), {"FOREIGN": fields}))
            descriptors, fields = self.close(descriptors), {}
        if fields.get("FDSTOREREMOVE") == "1":
            name = fields["FDNAME"]
            self.close([fd for stored, fd in self.store if stored == name])
            self.store = [each for each in self.store if each[0] != name]
        elif fields.get("FDSTORE") == "1":
            assert fields["FDPOLL"] == "0" and len(descriptors) == 1, fields
            self.keep(fields["FDNAME"], descriptors[0])
        elif fields:
            self.messages.append((time.monotonic(), fields))

    def keep(self, name, descriptor):
        full = len(self.store) >= self.size
        if full or any(same_file(descriptor, fd) for _, fd in self.store):
            return self.close([descriptor])
        self.store.insert(0, (name, descriptor))

    def close(self, descriptors):
        for each in descriptors:
            os.close(each)
        return []

    # superd itself.

    def give(self, name, file):
        """A socket of a unit for sockets; superd is started with it, each time."""
        self.sockets.append((name, file))

    def options(self):
        with self.arrived:
            given = [(name, file.fileno()) for name, file in self.sockets] + self.store
        names = ":".join(name for name, _ in given)
        environment = {"NOTIFY_SOCKET": str(self.path), "FDSTORE": str(self.told_size)}
        if self.watchdog:
            environment["WATCHDOG_USEC"] = str(int(self.watchdog * 1_000_000))
        if self.told_size == 0:
            del environment["FDSTORE"]
        self.superd.environment.update(environment)
        prefix = [sys.executable, "-B", os.path.abspath(__file__), names, *(str(fd) for _, fd in given), "--"]
        return {"prefix": prefix, "pass_fds": [fd for _, fd in given]}

    def start(self):
        """Starts superd with what is stored and returns when it has said READY=1."""
        self.settle()
        self.forget_messages()
        options = self.options()
        self.superd.launch(**options)
        self.await_field("READY", "1")
        return self

    # What was said.

    def settle(self):
        """Waits until all that was sent so far is heeded, as systemd does before it takes note of an end."""
        word = {"X_SETTLED": secrets.token_hex(8)}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(f"X_SETTLED={word['X_SETTLED']}".encode(), str(self.path))
        self.await_that(lambda: any(fields.get("FOREIGN") == word for _, fields in self.messages))

    def forget_messages(self):
        with self.arrived:
            self.messages.clear()

    def await_that(self, what, timeout=30.0):
        """Calls `what` after each message until it returns something true."""
        deadline = time.monotonic() + timeout
        with self.arrived:
            while not (result := what()):
                assert self.arrived.wait(deadline - time.monotonic()) or what(), \
                    f"the service manager waited in vain; it heard {self.messages[-10:]}\n{self.superd.tail()}"
        return result

    def heard(self, key):
        """What was told of the key, in order."""
        return [fields[key] for _, fields in self.messages if key in fields]

    def await_field(self, key, value, timeout=30.0):
        return self.await_that(lambda: value in self.heard(key), timeout)

    def names(self):
        with self.arrived:
            return sorted(name for name, _ in self.store)

    def await_stored(self, *names):
        """Waits until all of these are in the store."""
        return self.await_that(lambda: {name for name, _ in self.store} >= set(names))

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.close([fd for _, fd in self.store])
        self.close([])
        for _, file in self.sockets:
            file.close()


def become(names, descriptors, command):
    # Out of the way first: a target may be the source of another.
    high = [os.dup(fd) if fd < FIRST + len(descriptors) else fd for fd in descriptors]
    while any(fd < FIRST + len(descriptors) for fd in high):
        high = [os.dup(fd) if fd < FIRST + len(descriptors) else fd for fd in high]
    for number, fd in enumerate(high):
        os.dup2(fd, FIRST + number)
    environment = dict(os.environ)
    if descriptors:
        environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(descriptors)), LISTEN_FDNAMES=names)
    os.closerange(FIRST + len(descriptors), max(high, default=FIRST) + 1)
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    end = sys.argv.index("--")
    become(sys.argv[1], [int(word) for word in sys.argv[2:end]], sys.argv[end + 1:])
