"""SIGHUP: a Python service takes its new configuration over, or is replaced by a worker that begins with it."""
import json
import os
import signal
import socket

import pytest

import worker_host
from python_host import every_model, make  # noqa: F401

TAKES = {"processes": "reloading:Takes", "threads": "reloading:Takes", "coroutines": "reloading:TakesInLoop",
         "gevent": "reloading:Takes"}


class Rewritten(worker_host.Worker):
    """Its settings can be written anew, in the file that it has."""

    def settings_descriptor(self):
        descriptor = super().settings_descriptor()
        self.held = os.dup(descriptor)
        return descriptor

    def rewrite(self, text):
        os.ftruncate(self.held, 0)
        os.pwrite(self.held, text.encode(), 0)

    def greet(self, greeting):
        self.rewrite(json.dumps({**self.settings, "config": {"greeting": greeting}}))
        self.signal(signal.SIGHUP)

    def close(self):
        super().close()
        os.close(self.held)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), worker_host.PATIENCE) as client:
        client.sendall(b"x\n")
        return client.makefile("rb").readline().decode().split()


def await_greeting(worker, wanted):
    """A service has nobody to tell when it has taken one over: it is asked again and again."""
    return worker.await_that(lambda _: ask(worker.port) == [wanted, wanted])


@every_model
def test_a_service_takes_it_over(make, model):  # noqa: F811
    worker = make(model, Rewritten, module=TAKES[model], config={"greeting": "hello"}).start().ready()
    assert ask(worker.port) == ["hello", "hello"]
    worker.greet("good-day")
    await_greeting(worker, "good-day")
    worker.greet("no")
    worker.await_told("X_SUPERD_RECYCLE=reload")
    assert ask(worker.port) == ["good-day", "good-day"], "it has neither taken it nor lost what it had"
    assert worker.stop() == 0
    assert worker.told.count("X_SUPERD_RECYCLE=reload") == 1


def test_a_main_takes_it_over(make):  # noqa: F811
    worker = make("processes", Rewritten, module="reloading:TakesAsMain", config={"greeting": "hello"}).start().ready()
    worker.greet("good-day")
    await_greeting(worker, "good-day")
    assert worker.stop() == 0


@pytest.mark.parametrize("model, text, sentence", [
    ("threads", json.dumps({"module": "x"}), "error: cannot take over the new configuration"),
    ("coroutines", json.dumps({"module": "x"}), "error: cannot take over the new configuration"),
    ("threads", "{", "error: cannot read the settings from superd: .*; the configuration stays as it was"),
    ("gevent", "{", "error: cannot read the settings from superd: .*; the configuration stays as it was")])
def test_what_cannot_be_taken_over_is_said(make, model, text, sentence):  # noqa: F811
    worker = make(model, Rewritten, module=TAKES[model], config={"greeting": "hello"}).start().ready()
    worker.rewrite(text)
    worker.signal(signal.SIGHUP)
    worker.await_told("X_SUPERD_RECYCLE=reload")
    worker.await_line(sentence)
    assert ask(worker.port) == ["hello", "hello"]
    assert worker.stop() == 0


@every_model
def test_who_has_no_reload_asks_to_be_replaced(make, model):  # noqa: F811
    worker = make(model).start().ready()
    worker.signal(signal.SIGHUP)
    worker.await_told("X_SUPERD_RECYCLE=reload")
    assert worker_host.get(worker.port) == "hello"
    assert worker.stop() == 0


def test_a_hangup_during_the_import_is_not_lost(make, tmp_path):  # noqa: F811
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    worker = make("threads", module="gated:handler").start({"GATE": str(gate)})
    with open(gate, "w"):
        worker.signal(signal.SIGHUP)
    worker.ready().await_told("X_SUPERD_RECYCLE=reload")
    assert worker.stop() == 0


def test_a_template_ignores_it_and_its_workers_do_not(make):  # noqa: F811
    template = make("threads", worker_host.Template).start()
    template.answer()
    template.signal(signal.SIGHUP)
    worker = template.fork(make("threads", Rewritten, config={"greeting": "hello"})).ready()
    worker.signal(signal.SIGHUP)
    worker.await_told("X_SUPERD_RECYCLE=reload")
    assert worker.stop() == 0 and template.stop() == 0


def test_a_reload_that_does_not_suit_the_model(make):  # noqa: F811
    worker = make("threads", module="reloading:TakesInLoop", config={"greeting": "hello"}).start()
    assert worker.ended() == 78
    worker.await_line("is `async def`, which needs model = \"coroutines\"")
