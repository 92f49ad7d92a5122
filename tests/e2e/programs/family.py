"""A process tree that does not want to go: a child that ignores SIGTERM in the same group, and a
grandchild in a session of its own that ignores it too. Usage: family.py SIDE_FILE [obedient]
The pids are in SIDE_FILE when it is ready; the leader ends on SIGTERM if obedient."""
import os
import signal
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
reader, writer = os.pipe()


def stay():
    os.write(writer, b".")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()


pids = [os.getpid()]
child = os.fork()
if child == 0:
    grandchild = os.fork()
    if grandchild == 0:
        os.setsid()
        great = os.fork()
        if great == 0:
            with open(sys.argv[1] + ".grandchild", "w") as out:
                out.write(str(os.getpid()))
            stay()
        os._exit(0)  # Its child is an orphan now.
    os.waitpid(grandchild, 0)
    stay()
seen = b""
while len(seen) < 2:
    seen += os.read(reader, 2)
with open(sys.argv[1] + ".grandchild") as told:
    pids += [child, int(told.read())]
with open(sys.argv[1] + ".new", "w") as out:
    out.write(" ".join(map(str, pids)))
os.rename(sys.argv[1] + ".new", sys.argv[1])
os.write(1, b"family is complete\n")
signal.sigwait([signal.SIGTERM])
if len(sys.argv) < 3:
    while True:
        signal.sigwait([signal.SIGTERM])
