"""What a Python service does wrong costs it that connection, and no other."""
import socket

import python_host
import worker_host
from python_host import every_model, make  # noqa: F401


def ask(port, order):
    """The answer to one order on a connection of its own; b"": it was closed without one."""
    with socket.create_connection(("127.0.0.1", port), worker_host.PATIENCE) as client:
        client.sendall(f"{order}\n".encode())
        try:
            return client.makefile("rb").readline()
        except ConnectionError:
            return b""


@every_model
def test_a_handler_that_exits_takes_no_thread_with_it(make, model):  # noqa: F811
    worker = make(model, threads=3, **python_host.of(model, "careless")).start().ready()
    for _ in range(4):
        assert ask(worker.port, "exit") == b""
    assert ask(worker.port, "hello") == b"hello\n"
    line = worker.await_line("error: connection from 127.0.0.1:.* tried to exit")
    assert "tried to exit (enough), in obey careless.py:" in line
    assert worker.stop() == 0


@every_model
def test_a_handler_that_closes_the_descriptor_itself(make, model):  # noqa: F811
    worker = make(model, threads=2, **python_host.of(model, "careless")).start().ready()
    for _ in range(3):
        assert ask(worker.port, "close") == b"closed\n"
    assert ask(worker.port, "hello") == b"hello\n"
    worker.await_that(lambda page: not page.tasks())
    assert worker.stop() == 0
    assert "drain-timeout" not in worker.text(), "the drain waits for none of them"


def test_a_spawned_coroutine_that_exits(make):  # noqa: F811
    worker = make("coroutines", module="careless:coroutine").start().ready()
    assert ask(worker.port, "leave") == b"leave\n"
    worker.await_line(r"error: left tried to exit \(I go\), in leaving careless.py:\d+: a handler ends by returning")
    assert ask(worker.port, "hello") == b"hello\n"
    assert worker.stop() == 0


def test_a_spawned_coroutine_that_never_began_holds_no_drain_up(make):  # noqa: F811
    worker = make("coroutines", module="careless:coroutine").start().ready()
    assert ask(worker.port, "spawn") == b"spawn\n"
    assert worker.stop() == 0
    assert "drain-timeout" not in worker.text() and "never awaited" not in worker.text()
    assert not worker.page.tasks()
