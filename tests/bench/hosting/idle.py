"""What a thousand kept connections cost that do nothing."""
import socket

from .rig import say
from .results import Column, Table, reason_of

REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
WARM, COUNT = 100, 2000


def connect(server, count):
    """Connections that have had one answer each."""
    made = []
    try:
        for _ in range(count):
            made.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            made[-1].sendall(REQUEST)
            if not made[-1].recv(1000):
                raise RuntimeError(f"it ended the connection after {len(made)} were kept")
    except BaseException:
        close(made)
        raise
    return made


def close(connections):
    for each in connections:
        each.close()


def growth(server):
    """kB of PSS a connection."""
    held = connect(server, WARM)
    try:
        before = server.pss()
        held += connect(server, COUNT)
        return max(0, server.pss() - before) * 1.024 / COUNT
    finally:
        close(held)


def memory(rig, _):
    table = Table("memory", "1,000 idle connections", [Column("mb", "PSS, MB", "{:.2f}")],
                  f"The growth by {COUNT:,} connections, each after one request; the kernel's share is not in it.")
    # One at a time: PSS tells what is shared by how many, and the sockets of all would be too many descriptors.
    for server in [each for each in rig.servers if each.waits or "nginx" in each.name]:
        say(f"{table.title}: {server.name}")
        with rig.running(table, [server]) as running:
            for one in running:
                try:
                    table.add(one.name, one.family, mb=growth(one))
                except (RuntimeError, OSError) as cause:
                    table.missing(one.name, one.family, reason_of(cause))
    return table
