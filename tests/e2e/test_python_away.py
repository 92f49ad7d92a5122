"""What a worker says while no superd listens is heard by the next one."""
import os
import signal
import socket

import pytest

import harness
import processes
import worker_host
from python_host import every_model, make  # noqa: F401
from worker_host import get

AWAY = "superd does not listen now: {} is said again until it does"


def listen_again(worker):
    """The socket of the superd that comes next."""
    worker.notify.close()
    os.unlink(worker.path)
    worker.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    worker.notify.bind(worker.path)


@pytest.mark.parametrize("how", ["refuses", "is gone", "is full"])
@pytest.mark.parametrize("model", ["threads", "coroutines", "gevent"])
def test_ready_is_said_again_until_it_is_taken(make, model, how):  # noqa: F811
    worker = make(model)
    if how == "is full":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    filler.sendto(b"STATUS=something", worker.path)
    else:
        worker.notify.close()
    if how == "is gone":
        os.rename(worker.path, f"{worker.path}.away")
    worker.start().await_line(AWAY.format("READY=1"))
    assert get(worker.port) == "hello"
    if how == "is gone":
        os.rename(f"{worker.path}.away", worker.path)
    if how != "is full":
        listen_again(worker)
    worker.ready()
    assert worker.stop() == 0
    assert worker.text().count("superd does not listen") == 1


@every_model
def test_all_that_is_said_but_once_is_said_in_its_order(make, model):  # noqa: F811
    worker = make(model, **{"max-tasks": 2})
    worker.notify.close()
    worker.start().await_line(AWAY.format("READY=1"))
    assert [get(worker.port, "/shared") for _ in range(2)] == ["1", "2"]
    listen_again(worker)
    worker.await_told("X_SUPERD_RECYCLE=tasks")
    assert [each for each in worker.told if not each.startswith("FD")] == ["READY=1", "X_SUPERD_RECYCLE=tasks"]
    assert worker.told.index("READY=1") < worker.told.index("FDNAME=shared.cache")
    assert os.pread(worker.stored["shared.cache"], 1, 0) == b"\2"
    assert worker.stop() == 0
    assert "cannot tell" not in worker.text()


def test_a_main_that_never_beats_is_ready_too(make):  # noqa: F811
    worker = make("processes", module="hosted:stubborn", listeners={}, **{"drain-timeout": 200})
    worker.notify.close()
    worker.start().await_line(AWAY.format("READY=1"))
    listen_again(worker)
    worker.ready()
    assert worker.stop() == 0


def test_a_template_worker_is_ready_for_the_next_superd(make):  # noqa: F811
    template = make("threads", kind=worker_host.Template).start()
    template.answer()
    worker = make("threads")
    worker.notify.close()
    template.fork(worker).await_line(AWAY.format("READY=1"))
    listen_again(worker)
    assert worker.ready().stop() == 0


# With superd itself: it leaves, and another takes its services over.

def leave(superd):
    superd.process.send_signal(signal.SIGUSR2)
    assert superd.process.wait(harness.PATIENCE) == 0


@pytest.mark.parametrize("model", ["processes", "threads"])
def test_a_worker_that_starts_while_superd_is_away(superd, tmp_path, model):
    port, gate = processes.free_port(), tmp_path / "gate"
    os.mkfifo(gate)
    superd.unit("shop", f'''language = "python"
module = "{harness.PROGRAMS}/gated.py:handler"
model = "{model}"
max-tasks = 3
env = {{ GATE = "{gate}" }}
[listen]
http = "tcp://127.0.0.1:{port}"
''')
    superd.start()
    pid = superd.await_state("shop", "starting")["pid"]
    leave(superd)
    with open(gate, "w"):
        assert get(port) == "hello"  # So it has told that it is ready, and nobody has heard it.
        superd.start()
        superd.await_state("shop", "ready")
        assert superd.pid("shop") == pid
        leave(superd)
        for _ in range(3):
            assert get(port) == "hello"
        assert processes.alive(pid)
        superd.start()
        assert superd.await_new_pid("shop", pid)
