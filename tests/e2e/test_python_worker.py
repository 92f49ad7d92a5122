"""superd_worker.py alone: what units/protocol/README.md says of a worker, in each of Python's models."""
import re
import signal
import socket
import time

import pytest

import worker_host
from python_host import PROGRAMS, every_model, make  # noqa: F401
from worker_host import Load, Short, get

LOOP, THREAD, PROCESS = 1, 2, 3


@every_model
def test_serves_and_tells_what_it_is(make, model):
    worker = make(model, index=1, count=2, generation=3, reason="crash(SIGSEGV)").start().ready()
    pid, *rest = get(worker.port, "/who").split()
    assert int(pid) == worker.pid
    assert rest == ["shop", "1", "2", "3", "crash(SIGSEGV)", worker.settings["model"]]
    header = worker.page.header()
    assert header["magic"] == 0x3165676150647573 and header["version"] == 1
    assert (header["pid"], header["worker"], header["stopping"]) == (worker.pid, 1, 0)
    worker.await_that(lambda page: sum(each["done"] for each in page.slots()) == 1)
    kinds = {each["kind"] for each in worker.page.slots()}
    assert {"processes": PROCESS, "threads": THREAD}.get(model, LOOP) in kinds
    assert worker.stop() == 0
    worker.await_told("STOPPING=1")
    worker.await_line("stopped after all")
    assert worker.page.header()["stopping"] == 1


@pytest.mark.long
@every_model
def test_a_replacement_on_the_same_listener_fails_no_request(make, model):
    old = make(model).start().ready()
    load = Load(old.port, 6, connections=1 if model == "processes" else 16)
    short = Short(old.port, threads=2)
    for _ in range(3):
        short.await_more(10)
        new = make(model).start().ready()
        assert old.stop() == 0, old.text()
        old = new
    short.await_more(10)
    done, failed = short.result()
    assert failed == 0 and done >= 40
    done, failed = load.result()
    assert failed == 0 and done > 0


@every_model
def test_what_is_queued_is_served_before_it_ends(make, model):
    worker = make(model).start().ready()
    worker.signal(signal.SIGSTOP)
    clients = []
    for _ in range(5):
        clients.append(socket.create_connection(("127.0.0.1", worker.port)))
        clients[-1].sendall(b"GET / HTTP/1.1\r\n\r\n")
    worker.signal(signal.SIGTERM)
    worker.signal(signal.SIGCONT)
    for each in clients:
        each.settimeout(worker_host.PATIENCE)
        text = b""
        while part := each.recv(1000):
            text += part
        assert text.startswith(b"HTTP/1.1 200") and text.endswith(b"hello")
    assert worker.ended() == 0


@every_model
def test_a_drain_closes_idle_connections_and_lets_a_task_end(make, tmp_path, model):
    worker = make(model).start({"UNTIL": str(tmp_path / "go")}).ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as busy:
        with socket.create_connection(("127.0.0.1", worker.port)) as kept:
            kept.settimeout(worker_host.PATIENCE)
            if model != "processes":  # It has but one connection at a time.
                kept.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert b"hello" in kept.recv(1000)
            busy.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
            worker.await_that(lambda page: any(each["name"] == "GET /slow" for each in page.tasks()))
            worker.signal()
            (tmp_path / "go").touch()
            busy.settimeout(worker_host.PATIENCE)
            assert b"hello" in busy.recv(1000)
            assert kept.recv(1000) == b""
    assert worker.ended() == 0


@every_model
def test_it_stops_also_when_superd_and_the_log_are_gone(make, model):
    unheard = ["bash", "-c", 'exec "$@" > >(exit) 2>&1', "bash", *worker_host.PYTHON_WORKER]
    worker = make(model, program=unheard).start().ready()
    worker.notify.close()
    assert get(worker.port) == "hello"
    # The service itself prints something at its end, and may fail for that.
    assert worker.stop() >= 0


@every_model
def test_what_outlasts_the_drain_is_cut_and_named(make, model):
    worker = make(model, **{"drain-timeout": 300}).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as client:
        client.sendall(b"GET /hang HTTP/1.1\r\n\r\n")
        worker.await_that(lambda page: any(each["name"] == "GET /hang" for each in page.tasks()))
        assert worker.stop() == 0
    worker.await_line(r"warning: drain-timeout \(300 ms\) is over: 1 task is cut: GET /hang")


@every_model
def test_max_tasks_asks_to_be_replaced_once(make, model):
    worker = make(model, **{"max-tasks": 5}).start().ready()
    for _ in range(4):
        assert get(worker.port) == "hello"
    while worker.receive(0):
        pass
    assert "X_SUPERD_RECYCLE=tasks" not in worker.told
    for _ in range(4):
        assert get(worker.port) == "hello"
    worker.await_told("X_SUPERD_RECYCLE=tasks")
    assert worker.stop() == 0
    while worker.receive(0):
        pass
    assert worker.told.count("X_SUPERD_RECYCLE=tasks") == 1


@every_model
def test_a_crash_is_told_and_its_neighbour_serves_on(make, model):
    address = worker_host.listener()
    port = address.getsockname()[1]
    other = worker_host.listener(f"127.0.0.1:{port}")
    first, second = make(model, listeners={"http": address}), make(model, listeners={"http": other})
    first.start().ready(), second.start().ready()
    crashed, served = None, 0
    assert get(port, "/crash") is None
    # It has hung up, and may have an end to come to: another one would be the neighbour's.
    end = time.monotonic() + worker_host.PATIENCE
    while crashed is None:
        assert time.monotonic() < end, first.text() + second.text()
        crashed = next((each for each in (first, second) if each.ended(0.2) is not None), None)
    neighbour = second if crashed is first else first
    assert crashed.ended() == -signal.SIGSEGV
    crashed.await_line("Fatal Python error: Segmentation fault")
    crashed.await_line(r'File ".*hosted.py", line \d+ in content')
    named = [each["name"] for each in crashed.page.tasks()]
    assert "GET /crash" in named
    # Its own queue is closed with it here: superd would hold that, and give it to the next.
    (address if crashed is first else other).close()
    for _ in range(10):
        served += get(port) == "hello"
    assert served == 10 and neighbour.ended(0) is None


@pytest.mark.parametrize("model, path, where", [
    ("processes", "/hang", "handler hosted.py"), ("processes", "/stall", "crunch hosted.py"),
    ("threads", "/stall", "crunch hosted.py"), ("coroutines", "/hang", "coroutine hosted.py"),
    ("gevent", "/hang", "handler hosted.py")])
def test_a_task_that_takes_too_long_is_cancelled(make, model, path, where):
    # Time enough for those that take no time, on a machine with much to do.
    worker = make(model, **{"task-timeout": 1500, "threads": 1}).start().ready()
    assert get(worker.port, path) is None
    worker.await_line(rf"warning: GET {path} took longer than task-timeout \(1500 ms\): cancelled in {where}:\d+")
    assert [get(worker.port) for _ in range(3)] == ["hello"] * 3
    worker.await_that(lambda page: not any(path in each["name"] for each in page.tasks()))
    assert worker.stop() == 0


def test_a_thread_that_waits_for_ever_loses_its_connection_and_no_other(make):
    worker = make("threads", **{"task-timeout": 1500}).start().ready()
    assert get(worker.port, "/hang") is None
    assert get(worker.port) == "hello"


@every_model
def test_sigusr2_tells_where_a_stalled_thread_is(make, model):
    worker = make(model).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as client:
        client.sendall(b"GET /stall HTTP/1.1\r\n\r\n")
        if model in ("processes", "threads"):
            slot = worker.await_that(lambda page: next((e for e in page.slots() if e["name"] == "GET /stall"), None))
            assert slot["busy"] > 0
        else:
            worker.await_that(lambda page: any(each["name"] == "GET /stall" for each in page.tasks()))
            slot = worker.page.slots()[0]
        worker.signal(signal.SIGUSR2, thread=slot["tid"])
        worker.await_line(r'File ".*hosted.py", line \d+ in crunch')
        found = worker.await_that(lambda page: next((e["name"] for e in page.slots() if "crunch" in e["name"]), None))
        assert re.fullmatch(r"GET /stall: crunch hosted.py:\d+", found)
    assert worker.ended(0) is None


@pytest.mark.parametrize("model", ["coroutines", "gevent"])
def test_a_loop_beats_and_knows_its_lag(make, model):
    worker = make(model).start().ready()
    first = worker.page.slots()[0]["beat"]
    worker.await_that(lambda page: page.slots()[0]["beat"] > first)
    assert get(worker.port, "/crunch") == "hello"
    worker.await_that(lambda page: page.slots()[0]["lag_worst"] > 150_000)


def test_threads_beat_while_they_are_idle(make):
    worker = make("threads").start().ready()
    slot = worker.page.slots()[-1]
    assert slot["busy"] == 0
    worker.await_that(lambda page: page.slots()[-1]["beat"] > slot["beat"])
    assert worker.stop() == 0


@every_model
def test_a_kept_connection_is_no_task(make, tmp_path, model):
    worker = make(model).start({"UNTIL": str(tmp_path / "go")}).ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"hello" in client.recv(1000)
        worker.await_that(lambda page: not page.tasks() and not any(each["busy"] for each in page.slots()))
        client.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        # What waits in a loop is awake now and then.
        state = 0 if model in ("coroutines", "gevent") else 1
        task = worker.await_that(lambda page: [each for each in page.tasks() if each["state"] == state])[0]
        assert task["name"] == "GET /slow"
        (tmp_path / "go").touch()
        assert b"hello" in client.recv(1000)
    assert worker.stop() == 0


@every_model
def test_a_fault_of_the_service_fails_its_request_alone(make, model):
    worker = make(model).start().ready()
    assert get(worker.port, "/wrong") is None
    worker.await_line("error: connection from 127.0.0.1:.* failed|error: GET /wrong failed")
    worker.await_line("ValueError: a fault of the service's own")
    assert get(worker.port) == "hello"
    assert worker.stop() == 0


@every_model
def test_a_permanent_failure_exits_with_78(make, model):
    worker = make(model).start().ready()
    assert get(worker.port, "/end") is None
    assert worker.ended() == 78
    worker.await_line("error: cannot go on: the licence is void")
    while worker.receive(0):
        pass
    assert "STATUS=the licence is void" in worker.told


@every_model
def test_numbers_and_named_memory_outlive_a_crash(make, model):
    worker = make(model).start().ready()
    assert [get(worker.port, "/count") for _ in range(2)] == ["1", "2"]
    assert [get(worker.port, "/shared") for _ in range(2)] == ["1", "2"]
    worker.await_told("FDNAME=shared.cache")
    worker.signal(signal.SIGKILL)
    assert worker.ended() == -signal.SIGKILL
    heir = make(model, page=worker.page, memory=worker.stored.items(), generation=2).start().ready()
    assert (get(heir.port, "/count"), get(heir.port, "/shared")) == ("3", "3")
    numbers = heir.page.metrics()
    assert (numbers["starts"], numbers["requests"], numbers["share"]) == (2, 3, 0.25)
    assert numbers["size"] == (3, [0, 0] + [3] * 14)
    assert heir.page.header()["pid"] == heir.pid
    assert "FDSTORE=1" not in heir.told


@every_model
def test_spawned_work_is_listed_with_its_line_and_awaited(make, tmp_path, model):
    worker = make(model).start({"UNTIL": str(tmp_path / "go")}).ready()
    assert get(worker.port, "/spawn") == "hello"
    task = worker.await_that(lambda page: next((e for e in page.tasks() if e["name"] == "a side job"), None))
    text = (PROGRAMS / "hosted.py").read_text().splitlines()
    assert task["file"] == "hosted.py" and "ctx.spawn(" in text[task["line"] - 1]
    worker.signal()
    (tmp_path / "go").touch()
    assert worker.ended() == 0
    worker.await_line("side job done")


def test_blocking_code_beside_the_loop(make):
    worker = make("coroutines").start().ready()
    assert get(worker.port, "/block") == "hello"
    assert worker.stop() == 0


@pytest.mark.long
def test_threads_that_compute_are_told_of_the_gil(make):
    worker = make("threads").start().ready()
    clients = Short(worker.port, threads=3, path="/compute")
    line = worker.await_line("the GIL")
    assert clients.result()[1] == 0
    assert re.search(r"warning: [234] threads compute, \d+ ms a task, .* set model = \"processes\" and workers = \"cores\"", line)
    assert worker.stop() == 0
