"""What those who share the machine with superd cannot do to it, nor one service to the others."""
import os
import signal
import socket
import subprocess
import sys

import pytest

import harness
import processes

TELLER = harness.PROGRAMS / "teller.py"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

# A connection whose last close waits for 3000 s, which is longer than any test may take: nobody
# reads what it sent, as long as the one who holds the other end lives.
LINGERING = """
import array, os, signal, socket, struct, sys
def say(text, descriptors=()):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(os.environ["NOTIFY_SOCKET"])
        socket.send_fds(sender, [text], descriptors)
def linger(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3000))
def connect(address):
    connection = socket.create_connection(address)
    connection.setblocking(False)
    try:
        while True:
            connection.send(b"x" * 65536)
    except BlockingIOError:
        linger(connection)
        return connection
"""

SENDER = LINGERING + """
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
listener.bind(("127.0.0.1", 0))
listener.listen()
address = listener.getsockname()
kind, path = sys.argv[1:]
child = os.fork()
if child == 0:
    listener.close()
    sent = connect(address)
    if kind == "queue":
        # What waits is not sent itself: it is in the queue of what is.
        outer, inner = socket.socketpair()
        socket.send_fds(outer, [b"x"], [sent.fileno()])
        sent = inner
    target = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if kind == "stream" else socket.SOCK_DGRAM)
    target.connect(path)
    try:
        socket.send_fds(target, [b"X=1\\n"], [sent.fileno()])
    except PermissionError:
        os._exit(1)
    os._exit(0)  # Who ends does not wait, whatever he closes.
peer, _ = listener.accept()
print("refused" if os.waitpid(child, 0)[1] else "sent", flush=True)
signal.pause()
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def start_program():
    """Starts Python programs that end with the test."""
    started = []

    def start(text, *arguments, prefix=(), **environment):
        started.append(subprocess.Popen([*prefix, sys.executable, "-c", text, *map(str, arguments)], text=True,
                                        stdout=subprocess.PIPE, env={**os.environ, **environment}))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()
        each.stdout.close()


@root_only
@pytest.mark.parametrize("kind", ["stream", "datagram", "queue"])
def test_a_descriptor_whose_close_waits_stops_nobody(superd, start_program, kind):
    superd.unit("svc", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.await_state("svc", "ready")
    supervisor = superd.parts()["supervisor"]
    path = superd.runtime / "control.sock" if kind == "stream" else superd.notify_socket()
    sender = start_program(SENDER, kind, path, prefix=NOBODY)
    line = sender.stdout.readline().strip()
    assert line == "sent" or (kind, line) == ("stream", "refused")
    if kind != "stream":
        superd.await_text("it belongs to no service")
    pid = superd.pid("svc")
    processes.send(pid, signal.SIGKILL)
    superd.await_new_pid("svc", pid)
    assert superd.parts()["supervisor"] == supervisor, "its watchdog has ended it"


STORER = LINGERING + """
connection = connect(("127.0.0.1", int(sys.argv[1])))
say(b"FDSTORE=1\\nFDNAME=one\\nFDPOLL=0", [connection.fileno()])
ours, theirs = os.pipe()
say(b"BARRIER=1", [theirs])
os.close(theirs)
os.read(ours, 1)
linger(connection)
say(b"READY=1")
signal.pause()
"""


def test_a_stored_descriptor_whose_close_waits_stops_nobody(superd):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        program = superd.base / "storer.py"
        program.write_text(STORER)
        superd.unit("storer", f'''exec = ["{sys.executable}", "{program}", "{listener.getsockname()[1]}"]
fd-store-max = 1
[ready]
notify = true
''')
        superd.unit("other", 'exec = ["sleep", "100000"]\n[restart]\ndelay = "10ms"\n')
        superd.start()
        superd.await_state("storer", "ready")
        superd.await_state("other", "ready")
        superd.ctl("stop", "storer")
        pid = superd.pid("other")
        processes.send(pid, signal.SIGKILL)
        # The peer has read nothing: whoever waits for it waits still.
        superd.await_new_pid("other", pid)


@pytest.fixture
def teller(superd):
    """A service of which all processes may speak for it."""
    class Teller:
        fifo = superd.base / "fifo"

        def start(self):
            os.mkfifo(self.fifo)
            superd.unit("svc", f'''exec = ["{sys.executable}", "{TELLER}", "{self.fifo}"]
[ready]
notify = "tree"
''')
            superd.start()
            superd.await_state("svc", "ready")

        def say(self, *lines):
            self.fifo.write_text("".join(f"{line}\n" for line in lines))

        def environment(self):
            with open(f"/proc/{superd.pid('svc')}/environ") as file:
                return dict(each.split("=", 1) for each in file.read().split("\0") if "=" in each)
    return Teller()


FORGER = """
import os, signal, socket
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
    sender.connect(os.environ["NOTIFY_SOCKET"])
    sender.send(f"MAINPID={os.getpid()}\\nSTATUS=forged".encode())
print("sent", flush=True)
signal.pause()
"""


@root_only
def test_a_mark_that_a_stranger_wrote_makes_him_no_part_of_a_service(superd, teller, start_program):
    teller.start()
    pid, environment = superd.pid("svc"), teller.environment()
    words = {name: environment[name] for name in ("SUPERD_RUN", "NOTIFY_SOCKET")}
    forger = start_program(FORGER, prefix=NOBODY, **words)
    assert forger.stdout.readline() == "sent\n"
    superd.await_text("it belongs to no service")
    # Nor may the service's own name him.
    teller.say(f"MAINPID={forger.pid}", "STATUS=true")
    superd.await_that(lambda: '"true"' in superd.instance("svc")["reason"])
    assert superd.pid("svc") == pid
    superd.await_text("cannot be its main process")
    superd.ctl("stop", "svc")
    assert forger.poll() is None


ORPHAN = """
import os, signal, socket
if os.fork() == 0:
    os.setsid()
    parent = os.getpid()
    if os.fork() == 0:
        os.setresuid(65534, 65534, 65534)
        while os.getppid() == parent:  # Its parent is about to end.
            os.sched_yield()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(os.environ["NOTIFY_SOCKET"])
            sender.send(b"READY=1\\nSTATUS=orphan")
        signal.pause()  # Whoever has ended is not known any more when its message is read.
    os._exit(0)
os.execvp("sleep", ["sleep", "100000"])
"""


@root_only
def test_an_orphan_with_another_user_speaks_for_its_service(superd):
    program = superd.base / "orphan.py"
    program.write_text(ORPHAN)
    superd.unit("svc", f'exec = ["{sys.executable}", "{program}"]\n[ready]\nnotify = "tree"\n')
    superd.start()
    superd.await_state("svc", "ready")
    assert '"orphan"' in superd.instance("svc")["reason"]


@root_only
def test_nobody_finds_out_where_services_write_to(superd, teller):
    teller.start()
    path = superd.notify_socket()
    assert teller.environment()["NOTIFY_SOCKET"] == str(path)
    for command in (["ls", path.parent], ["cat", superd.runtime / "notify.path"], ["cat", superd.runtime / "lock"]):
        refused = subprocess.run([*NOBODY, *map(str, command)], text=True, capture_output=True)
        assert "Permission denied" in refused.stderr
    with open("/proc/net/unix") as file:
        assert path.name not in file.read()
    assert not (superd.runtime / "notify.sock").exists()


def test_a_service_is_heard_where_it_wrote_before_all_of_superd_died(superd, teller):
    teller.start()
    pid, path = superd.pid("svc"), superd.notify_socket()
    superd.kill_all_parts()
    superd.start()
    superd.await_that(lambda: superd.instance("svc")["state"] == "ready")
    assert (superd.pid("svc"), superd.notify_socket()) == (pid, path)
    teller.say("STATUS=again")
    superd.await_that(lambda: '"again"' in superd.instance("svc")["reason"])
