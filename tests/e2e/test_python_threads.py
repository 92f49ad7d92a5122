"""Threads that a Python service begins by itself, and what it calls things."""
import socket

import pytest

import worker_host
from python_host import make  # noqa: F401

SIDEWAYS = {"threads": "sideways:threads", "processes": "sideways:threads", "coroutines": "sideways:coroutine"}


@pytest.mark.parametrize("model", SIDEWAYS)
def test_tasks_in_threads_of_its_own_leave_nothing_behind(make, model):  # noqa: F811
    worker = make(model, module=SIDEWAYS[model], threads=2).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port), worker_host.PATIENCE) as client:
        answers = client.makefile("rb")

        def run(count):
            client.sendall(f"{count}\n".encode())
            assert answers.readline() == b"done\n"
            # A slot goes back when its thread is gone, which may be a moment after it has been joined.
            return worker.await_that(lambda page: model == "coroutines" or not any(
                each["name"].startswith("Thread-") for each in page.slots())) and worker.page.header()["slots_used"]

        run(1)
        assert run(300) < 50, "an executor has a few threads, and no slot is lost"
        # Of what a drain would look at, a loop tells how much there is.
        worker.await_that(lambda page: not any(each["live"] > 40 for each in page.slots()))
        assert not [each for each in worker.page.tasks() if each["name"] == "a side task"]
    assert worker.stop() == 0
    assert "Exception ignored" not in worker.text()


@pytest.mark.parametrize("model, handler", [("threads", "many_names"), ("processes", "many_names"),
                                            ("gevent", "many_names"), ("coroutines", "many_names_coroutine")])
def test_any_name_will_do_that_is_one(make, model, handler):  # noqa: F811
    worker = make(model, module=f"sideways:{handler}").start().ready()
    with socket.create_connection(("127.0.0.1", worker.port), worker_host.PATIENCE) as client:
        answers = client.makefile("rb")
        assert answers.readline() == b"ran\n"
        assert answers.readline() == b"cannot spawn 5: expected a name, a str\n"
    assert worker.stop() == 0
    assert "never awaited" not in worker.text()
