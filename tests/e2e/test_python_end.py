"""A Python worker ends with the drain's time, whatever threads its service has left behind."""
import socket

import pytest

import worker_host
from python_host import make  # noqa: F401


def begin(port):
    with socket.create_connection(("127.0.0.1", port), worker_host.PATIENCE) as client:
        assert client.makefile("rb").readline() == b"begun\n"


@pytest.mark.parametrize("model, handler, name", [
    ("processes", "handler", "lingerer"), ("threads", "handler", "lingerer"), ("coroutines", "coroutine", "asyncio_0")])
def test_a_thread_that_is_no_daemon_is_cut_and_named(make, model, handler, name):  # noqa: F811
    worker = make(model, module=f"lingering:{handler}", **{"drain-timeout": 2000}).start().ready()
    begin(worker.port)
    assert worker.stop() == 0
    worker.await_line(rf"warning: drain-timeout \(2 s\) is over: 1 thread is cut: {name}")


def test_a_main_keeps_its_code(make):  # noqa: F811
    worker = make("processes", module="lingering:main", listeners={}, **{"drain-timeout": 2000}).start().ready()
    assert worker.stop() == 3
    worker.await_line(r"is over: 1 thread is cut: lingerer")


@pytest.mark.parametrize("model", ["processes", "threads"])
def test_one_that_ends_in_time_is_waited_for(make, model):  # noqa: F811
    worker = make(model, module="lingering:brief").start().ready()
    begin(worker.port)
    assert worker.stop() == 0
    worker.await_line("the thread has seen the stop")
    assert "drain-timeout" not in worker.text()


@pytest.mark.parametrize("model", ["processes", "threads", "gevent"])
def test_an_end_of_its_own_that_takes_too_long_is_cut(make, model):  # noqa: F811
    worker = make(model, module="lingering:brief", config={"slow end": True}, **{"drain-timeout": 2000}).start().ready()
    assert worker.stop() == 0
    worker.await_line(r"warning: drain-timeout \(2 s\) is over: what the service does at its end is cut")


# CPython crashes if a daemon thread begins or wakes while it takes itself apart.
@pytest.mark.parametrize("model, handler", [
    ("processes", "brief"), ("threads", "brief"), ("coroutines", "coroutine"), ("gevent", "brief")])
def test_python_is_told_of_its_end_and_not_taken_apart(make, model, handler):  # noqa: F811
    worker = make(model, module=f"lingering:{handler}").start().ready()
    assert worker.stop() == 0
    worker.await_line("told of the exit")
    assert "taken apart" not in worker.text()
