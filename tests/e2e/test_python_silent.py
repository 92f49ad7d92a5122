"""A client that connects and says nothing: it is no task, so that its worker is not taken for one that hangs."""
import os
import signal
import socket

import harness
import processes
import pytest
import python_host
import worker_host
from python_host import every_model, make  # noqa: F401


def connect(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(worker_host.PATIENCE)
    return client


def accepted(page):
    """A thread has a connection, or the loop has noted that there is one work more."""
    return any(each["name"].startswith("connection") or each["live"] for each in page.slots())


def busy(page):
    return page.tasks() or any(each["busy"] for each in page.slots())


@every_model
def test_it_is_a_task_from_its_first_byte_on(make, model):  # noqa: F811
    worker = make(model, threads=1, **python_host.of(model, "careless")).start().ready()
    with connect(worker.port) as client:
        worker.await_that(accepted)
        assert not busy(worker.page)
        client.sendall(b"hello\n")
        assert client.recv(100) == b"hello\n"
        task = worker.await_that(lambda page: page.tasks())[0]
        assert task["name"].startswith("connection from 127.0.0.1:")
        if model in ("processes", "threads"):
            worker.await_that(lambda page: any(each["busy"] for each in page.slots()))
    worker.await_that(lambda page: not busy(page))
    assert worker.stop() == 0


@pytest.mark.parametrize("model", ["threads", "coroutines", "gevent"])
def test_it_outlasts_the_task_timeout(make, model):  # noqa: F811
    worker = make(model, threads=2, **python_host.of(model, "careless"),
                  **{"task-timeout": 1500, "drain-timeout": 2000}).start().ready()
    with connect(worker.port) as silent:
        worker.await_that(accepted)
        with connect(worker.port) as hung:
            hung.sendall(b"hang\n")
            worker.await_line("took longer than task-timeout")
        silent.sendall(b"hello\n")
        assert silent.recv(100) == b"hello\n"
    assert len([each for each in worker.lines if "task-timeout" in each]) == 1
    assert worker.stop() == 0


def test_a_process_that_hangs_after_the_first_byte_is_still_interrupted(make):  # noqa: F811
    worker = make("processes", module="careless:handler", **{"task-timeout": 1500}).start().ready()
    with connect(worker.port) as client:
        worker.await_that(accepted)
        client.sendall(b"hang\n")
        assert client.recv(100) == b""
    worker.await_line(r"connection from .* took longer than task-timeout \(1500 ms\): cancelled in handler careless.py")
    with connect(worker.port) as client:
        client.sendall(b"hello\n")
        assert client.recv(100) == b"hello\n"
    assert worker.stop() == 0


@every_model
def test_it_counts_as_a_task_when_it_ends(make, model):  # noqa: F811
    worker = make(model, threads=1, **python_host.of(model, "careless"), **{"max-tasks": 2}).start().ready()
    for _ in range(2):
        connect(worker.port).close()
    worker.await_told("X_SUPERD_RECYCLE=tasks")
    assert worker.stop() == 0


@every_model
def test_a_unix_socket_tells_of_what_it_has_when_it_is_accepted(make, model, tmp_path):  # noqa: F811
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        worker = make(model, threads=1, listeners={"side": listener}, **python_host.of(model, "careless"))
        worker.start().ready()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))
            worker.await_that(accepted)
            assert not busy(worker.page)
        worker.await_that(lambda page: not accepted(page))
        worker.signal(signal.SIGSTOP)
        os.waitpid(worker.pid, os.WUNTRACED)  # When the last of its threads stands still.
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))
            client.sendall(b"hang\n")
            worker.signal(signal.SIGCONT)
            assert worker.await_that(lambda page: page.tasks())[0]["name"] == "connection"


@pytest.mark.long
@pytest.mark.parametrize("model", ["processes", "threads"])
def test_superd_kills_who_hangs_and_not_who_waits_for_a_client(superd, model):
    ports = dict(zip(("quiet", "hung"), processes.free_ports(2)))
    for name, port in ports.items():
        superd.unit(name, f'''language = "python"
module = "{harness.PROGRAMS}/careless.py:handler"
model = "{model}"
threads = 1
on-stall = "kill"
stall-timeout = "3s"
[listen]
http = "tcp://127.0.0.1:{port}"
''')
    superd.start()
    superd.ctl("wait", *ports, "--ready", "--timeout", "60s", timeout=90)
    pids = {name: superd.pid(name) for name in ports}
    with connect(ports["quiet"]) as silent, connect(ports["hung"]) as client:
        client.sendall(b"hang\n")
        superd.await_new_pid("hung", pids["hung"])
        silent.sendall(b"hello\n")
        assert silent.recv(100) == b"hello\n"
    assert superd.pid("quiet") == pids["quiet"]
