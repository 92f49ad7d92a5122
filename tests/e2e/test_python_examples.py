"""The example services of units/examples/python, run by the worker alone."""
import hashlib
import socket

import pytest

import worker_host
from worker_host import Template, Worker

DIRECTORY = worker_host.ROOT / "units" / "examples" / "python"


@pytest.fixture
def run():
    """Starts an example; returns the worker and a connection to it."""
    made = []

    def run_one(module, model, preload=False, **settings):
        listener = worker_host.listener()
        made.append(listener)
        settings = {"module": f"{module}.py:handler", "model": model, **settings}
        worker = Worker(DIRECTORY, settings, {"main": listener})
        made.append(worker)
        if preload:
            made.append(Template(DIRECTORY, settings).start())
            made[-1].answer()
            made[-1].fork(worker)
        else:
            worker.start()
        worker.ready()
        client = socket.create_connection(listener.getsockname(), timeout=worker_host.PATIENCE)
        made.append(client)
        return worker, client.makefile("rwb")

    yield run_one
    for each in reversed(made):
        each.close()


def ask(stream, data):
    stream.write(data)
    stream.flush()
    return stream.readline()


def test_pages(run):
    worker, stream = run("pages", "coroutines", config={"greeting": "good day"})
    port = worker.passed[0][1].getsockname()[1]
    assert ask(stream, b"GET / HTTP/1.1\r\n\r\n") == b"HTTP/1.1 200 OK\r\n"
    assert worker_host.get(port) == "good day from worker 0\n"
    assert worker_host.get(port, "/wait") == "waited 50 ms\n"
    assert "run 1: start" in worker_host.get(port, "/who")
    assert worker_host.get(port, "/nothing") is None
    assert worker.page.metrics()["requests"] == 5
    assert worker.stop() == 0


def test_digests(run):
    worker, stream = run("digests", "threads", threads=2)
    for data in (b"abc", b"", b"x" * 1_000_000):
        assert ask(stream, str(len(data)).encode() + b"\n" + data) == hashlib.sha256(data).hexdigest().encode() + b"\n"
    assert ask(stream, b"many\n").startswith(b"error: ")
    assert worker.page.metrics()["bytes"] == 1_000_003
    assert worker.stop() == 0


@pytest.mark.parametrize("preload", [True, False])
def test_primes(run, preload):
    worker, stream = run("primes", "processes", preload=preload)
    for limit, primes in ((0, 0), (2, 0), (3, 1), (100, 25), (1000, 168), (1001, 168), (100_000, 9592)):
        assert ask(stream, f"{limit}\n".encode()) == f"{primes}\n".encode()
    assert ask(stream, b"-1\n").startswith(b"error: ")
    assert worker.stop() == 0
