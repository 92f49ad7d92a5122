"""A service that sends what it reads from a FIFO to NOTIFY_SOCKET, line by line.

Usage: teller.py FIFO. A line "fork" makes it start another like itself, which takes over by MAINPID=
and reads the FIFO from then on, and the first one ends; with "fork-and-go" it waits for nobody before.
A line "fork-pidfd" does the same by MAINPIDFD=1. A line "store" sends a listening socket to keep, under
the name "web"; "store-as NAME FIELDS" sends one end of a pair whose other end is closed, with the fields
that follow the name beside it; "barrier" waits until all that was said before is heeded. What systemd's protocol gave it
at its start is written to FIFO.got, a line each.
"""
import os
import pathlib
import select
import socket
import sys


def say(text, descriptors=()):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(os.environ["NOTIFY_SOCKET"])
        socket.send_fds(sender, [text.encode().decode("unicode_escape").encode()], descriptors)


def given():
    names = os.environ.get("LISTEN_FDNAMES", "")
    mine = os.environ.get("LISTEN_PID") == str(os.getpid())
    yield f"{os.environ.get('LISTEN_FDS', '0')} {names} {mine}"
    for number in range(int(os.environ.get("LISTEN_FDS", "0"))):
        with socket.socket(fileno=os.dup(3 + number)) as given_socket:
            if given_socket.family == socket.AF_INET:
                yield f"{given_socket.getsockname()[1]}"


def barrier():
    ours, theirs = os.pipe()
    say("BARRIER=1", [theirs])
    os.close(theirs)
    poller = select.poll()
    poller.register(ours, select.POLLHUP)
    poller.poll()
    os.close(ours)


def hand_over(how):
    """Goes on in a child. By MAINPID= of the parent's, as gunicorn does it, or by the child's pidfd."""
    by_pidfd = how == "fork-pidfd"
    wait, go_on = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(wait)
        if by_pidfd:
            say("MAINPIDFD=1", [os.pidfd_open(os.getpid())])
            barrier()
        os.close(go_on)
        return
    if not by_pidfd:
        say(f"MAINPID={child}")
        if how == "fork-and-go":
            os._exit(7)
        barrier()
    os.close(go_on)
    os.read(wait, 1)
    os._exit(7)


def heed(line, fifo):
    if line == "store":
        listener = socket.create_server(("127.0.0.1", 0))
        say("FDSTORE=1\\nFDNAME=web", [listener.fileno()])
        barrier()
        fifo.with_suffix(".port").write_text(str(listener.getsockname()[1]))
    elif line.startswith("store-as "):
        name, *fields = line.split(" ")[1:]
        kept, other = socket.socketpair()
        say("\\n".join(["FDSTORE=1", f"FDNAME={name}", *fields]), [kept.fileno()])
        kept.close()
        barrier()
        other.close()
    elif line == "barrier":
        barrier()
        fifo.with_suffix(".heeded").write_text("")
    elif line.startswith("fork"):
        hand_over(line)
    else:
        say(line)


def main():
    fifo = pathlib.Path(sys.argv[1])
    fifo.with_suffix(".got").write_text("\n".join(given()))
    say("READY=1")
    while True:
        with open(fifo) as lines:
            for line in lines:
                heed(line.strip(), fifo)


main()
