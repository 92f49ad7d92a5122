"""What /proc tells of processes: who lives, whose child it is, and what belongs to one superd."""
import os
import pathlib
import re
import signal
import socket


def alive(pid):
    """True while the process has not ended; a zombie has."""
    return state(pid) not in (None, "Z", "X")


def state(pid):
    fields = stat_fields(pid)
    return fields[0] if fields else None


def parent(pid):
    fields = stat_fields(pid)
    return int(fields[1]) if fields else None


def started(pid):
    """When a process was started, in ticks since boot; 0 when it is gone."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields else 0


def stat_fields(pid):
    """The fields of /proc/PID/stat after the name; the first is the state."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children(pid):
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as listed:
                found += map(int, listed.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def program(pid):
    """The file name of the program as it was called; /proc/PID/exe changes when it is built anew."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            return os.path.basename(cmdline.read().split(b"\0")[0].decode())
    except OSError:
        return ""


def environment(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            return environ.read().split(b"\0")
    except OSError:
        return []


def marked(mark):
    """All living processes that were started with E2E_MARK=mark in their environment."""
    wanted = f"E2E_MARK={mark}".encode()
    return [pid for pid in pids() if alive(pid) and wanted in environment(pid)]


def doomed(pid):
    """It was sent SIGKILL, and has not had the time to see it."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    pending = re.findall(r"^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$", status, re.M)
    return any(int(each, 16) & 1 << signal.SIGKILL - 1 for each in pending)


def exiting(pid):
    """It runs no more of its own: the kernel has begun to take it apart (PF_EXITING), and its group may be empty."""
    fields = stat_fields(pid)
    return fields is None or bool(int(fields[6]) & 0x4)


def send(pid, number):
    """Sends a signal; False when the process is gone."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def kill(pid):
    return send(pid, signal.SIGKILL)


def wait_gone(pid, timeout):
    """Waits by a pidfd until a process has ended, whoever its parent is. False: it has not."""
    import select
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout)[0])
    finally:
        os.close(descriptor)


def free_port():
    """A port of 127.0.0.1 that nobody had a moment ago, below those that the kernel hands out."""
    import random
    generator = random.SystemRandom()
    while True:
        port = generator.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_ports(count):
    """So many different ones: a unit at the port of another would answer for it."""
    found = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)
