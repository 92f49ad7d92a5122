"""Workers with the example modules in C++, and how they are asked."""
import re
import socket

import pytest

import harness
import worker_host
from worker_host import Template, Worker

PROGRAM = [str(harness.BIN / "superd-worker")]
MODULES = harness.BIN.parent / "modules"


def module_path(name):
    return name if "/" in name else str(MODULES / f"{name}.so")


class Makes:
    """Makes workers, each for the same held listener unless another is given; ends them with the test."""

    def __init__(self, directory):
        self.directory, self.made, self.sockets = directory, [], [worker_host.listener()]

    def __call__(self, model="coroutines", module="greeter", kind=Worker, listeners=None, page=None, memory=(), **settings):
        chosen = {"language": "c++", "module": module_path(module), "model": model, "threads": 4, **settings}
        if kind is Template:
            one = Template(self.directory, chosen)
            one.program = PROGRAM
        else:
            given = {"http": self.sockets[0]} if listeners is None else listeners
            one = Worker(self.directory, chosen, given, page=page, memory=memory, program=PROGRAM)
        one.port = self.sockets[0].getsockname()[1]
        self.made.append(one)
        return one

    def close(self):
        for each in [*self.made, *self.sockets]:
            each.close()


@pytest.fixture
def make(tmp_path):
    makes = Makes(tmp_path)
    yield makes
    makes.close()


def ask(conn, request):
    """Sends one request on a kept connection; the whole answer."""
    conn.sendall(request.encode())
    data = b""
    while b"\r\n\r\n" not in data:
        part = conn.recv(65536)
        assert part, f"the connection ended after {data!r}"
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    while len(body) < length:
        body += conn.recv(65536)
    return head.decode(), body.decode()


def connect(worker):
    return socket.create_connection(("127.0.0.1", worker.port), timeout=worker_host.PATIENCE)
