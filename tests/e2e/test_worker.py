"""superd-worker alone, with the example modules: what units/protocol/README.md says of a worker."""
import os
import re
import resource
import signal
import socket
import struct

import pytest

import harness
import worker_host
from module_host import ask, make  # noqa: F401: a fixture
from worker_host import Load, Page, Short, Template, get

SANITIZED = "asan" in str(harness.BIN)
every_model = pytest.mark.parametrize("model", ["processes", "threads", "coroutines"])
served_at_once = pytest.mark.parametrize("model", ["threads", "coroutines"])
LOOP, THREAD, PROCESS = 1, 2, 3
PLAIN = str(harness.BIN.parent / "tests/plain_module.so")


def works_on(page, title):
    """Whether a thread, or a coroutine, which may wait, has begun a request."""
    return any(each["name"].startswith(title) for each in [*page.slots(), *page.tasks()])


@every_model
def test_serves_and_tells_what_it_is(make, model):
    worker = make(model, index=1, count=2, generation=3, reason="crash(SIGSEGV)").start().ready()
    assert get(worker.port, "/who") == "shop/1 generation 3 after crash(SIGSEGV)\n"
    header = worker.page.header()
    assert header["magic"] == 0x3165676150647573 and header["version"] == 1
    assert (header["pid"], header["worker"], header["stopping"]) == (worker.pid, 1, 0)
    worker.await_that(lambda page: sum(each["done"] for each in page.slots()) == 1)
    kinds = {each["kind"] for each in worker.page.slots()}
    assert {"processes": PROCESS, "threads": THREAD, "coroutines": LOOP}[model] in kinds
    assert worker.page.metrics() == {"requests": 1}
    assert worker.stop() == 0
    worker.await_told("STOPPING=1")


@every_model
def test_the_configuration_reaches_the_service(make, model):
    worker = make(model, config={"greeting": "moin"}).start().ready()
    assert get(worker.port) == "moin\n"
    assert worker.stop() == 0


def test_a_configuration_that_the_service_refuses_ends_it_for_good(make):
    worker = make(config={"greeting": 7}).start()
    assert worker.ended() == 78
    assert worker.await_line("error: ") == \
        "error: cannot use the configuration: config.greeting must be a text, not an integer"


@pytest.mark.parametrize("settings, said", [
    ({"module": "/nowhere/lib.so"}, "cannot use the module /nowhere/lib.so: "),
    ({"model": "fibers"}, 'model must be processes, threads or coroutines, not "fibers"'),
    ({"threads": 0}, "threads must be from 1 to 256"),
    ({"module": "/lib/x86_64-linux-gnu/libc.so.6"}, "it exports no superd_module; say SUPERD_SERVICE"),
])
def test_wrong_settings_end_it_for_good_with_a_reason(make, settings, said):
    worker = make(**settings).start()
    assert worker.ended() == 78
    assert said in worker.await_line("error: ")


@served_at_once
def test_a_kept_connection_has_many_requests_bodies_and_pipelining(make, model):
    worker = make(model).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as conn:
        for _ in range(3):
            assert ask(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")[1] == "hello, world\n"
        head, body = ask(conn, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + "ab" * 100000)
        assert body == "ab" * 100000 and "Connection: close" not in head
        chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"
        assert ask(conn, f"POST /echo HTTP/1.1\r\nHost: x\r\n{chunks}")[1] == "abcdefg"
        conn.sendall(b"GET /who HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                     b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while part := conn.recv(65536):
            data += part
        assert re.findall(rb"HTTP/1.1 (\d+)", data) == [b"200", b"404", b"200"]
        assert data.count(b"Connection: close") == 1  # HTTP/1.0 keeps nothing unless it is asked to.
    assert worker.stop() == 0


@served_at_once
@pytest.mark.parametrize("request_, status", [
    (b"GET / HTTP/9.9\r\n\r\n", b"505"),
    (b"nonsense\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 20000, b"431"),
    (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 70 + b"\r\n", b"431"),
    (b"POST /echo HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
    (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
])
def test_a_wrong_request_is_answered_and_ends_only_its_connection(make, model, request_, status):
    worker = make(model).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as conn:
        conn.sendall(request_)
        data = b""
        while part := conn.recv(65536):
            data += part
    assert re.match(rb"HTTP/1.1 (\d+)", data)[1] == status
    assert get(worker.port) == "hello, world\n"
    assert worker.stop() == 0


@served_at_once
def test_a_stop_under_load_fails_no_request(make, model):
    """The next worker of the held listener is ready before the old one drains: as in a rolling restart."""
    first = make(model, threads=40).start().ready()
    load, short = Load(first.port, 4, connections=16), Short(first.port, threads=4)
    first.await_that(lambda page: sum(each["done"] for each in page.slots()) > 200)
    second = make(model, threads=40).start().ready()
    assert first.stop() == 0
    assert first.page.header()["stopping"] == 1
    requests, failed = load.result()
    done, failed_short = short.result()
    assert (failed, failed_short) == (0, 0), f"of {requests} and {done}"
    assert sum(each["done"] for each in second.page.slots()) > 0
    assert second.stop() == 0


@served_at_once
def test_a_stop_closes_idle_connections_and_finishes_what_runs(make, model):
    worker = make(model).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as idle, \
            socket.create_connection(("127.0.0.1", worker.port)) as slow:
        ask(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.sendall(b"GET /slow?ms=5000 HTTP/1.1\r\nHost: x\r\n\r\n")
        worker.await_that(lambda page: works_on(page, "GET /slow"))
        worker.signal()
        assert idle.recv(100) == b""
        assert b"Connection: close" in slow.recv(1000)
    assert worker.ended() == 0


@served_at_once
def test_a_drain_that_takes_too_long_is_cut_off(make, model):
    worker = make(model, **{"drain-timeout": 700}).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as slow:
        slow.sendall(b"GET /slow?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n")
        worker.await_that(lambda page: works_on(page, "GET /slow"))
        assert worker.stop() == 0
    assert worker.await_line("drain-timeout")


@every_model
def test_a_crash_says_who_what_and_where(make, model):
    page = Page()
    worker = make(model, page=page, generation=2).start({"ASAN_OPTIONS": "handle_segv=0"}).ready()
    assert get(worker.port, "/crash") is None
    assert worker.ended() == -signal.SIGSEGV
    assert worker.await_line(r"^crash: worker") == "crash: worker shop/0, generation 2: SIGSEGV at address 0x0"
    assert re.fullmatch(r'crash: thread \d+, (the loop|of the pool|the process), doing "GET /crash"',
                        worker.await_line("^crash: thread"))
    assert re.fullmatch(r"crash: #0 .*/greeter\.so\+0x[0-9a-f]+", worker.await_line("^crash: #0"))
    signal_, tid, address, code, slot = struct.unpack("<IIQII", page.bytes(worker_host.CRASH_AT, 24))
    assert (signal_, address) == (signal.SIGSEGV, 0) and tid and code
    assert next(each for each in page.slots() if each["index"] == slot)["frames"] > 0
    # The next one in its place makes the page its own; what was counted goes on.
    after = make(model, page=page, generation=3, reason="crash(SIGSEGV)").start().ready()
    assert get(after.port, "/who") == "shop/0 generation 3 after crash(SIGSEGV)\n"
    assert struct.unpack("<I", page.bytes(worker_host.CRASH_AT, 4)) == (0,)
    assert page.metrics() == {"requests": 2}
    assert after.stop() == 0


@every_model
def test_a_stack_is_told_on_demand(make, model):
    worker = make(model).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as conn:
        # Longer than any test: it is killed.
        conn.sendall(b"GET /hash?n=4000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        busy = worker.await_that(lambda page: [each for each in page.slots() if each["name"].startswith("GET /hash")])[0]
        worker.signal(signal.SIGUSR2, thread=busy["tid"])
        worker.await_that(lambda page: any(each["frames"] > 1 for each in page.slots() if each["index"] == busy["index"]))
        worker.signal(signal.SIGKILL)
    assert worker.ended() == -signal.SIGKILL


def test_a_loop_beats_and_tells_that_it_is_late(make):
    worker = make().start().ready()
    first = worker.page.slots()[0]["beat"]
    worker.await_that(lambda page: page.slots()[0]["beat"] > first)
    assert get(worker.port, "/hash?n=300000") is not None
    worker.await_that(lambda page: page.slots()[0]["lag_worst"] > 20_000)
    assert worker.stop() == 0


def test_what_waits_is_listed_and_cancelled_by_the_task_timeout(make):
    worker = make(**{"task-timeout": 3000}).start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as conn:
        conn.sendall(b"GET /slow?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n")
        task = worker.await_that(lambda page: page.tasks())[0]
        assert (task["name"], task["file"]) == ("GET /slow?ms=60000", "http.hpp")
        assert conn.recv(1000).startswith(b"HTTP/1.1 503 ")
    assert worker.await_line("task-timeout") == \
        "warning: GET /slow?ms=60000 took longer than task-timeout and was cancelled"
    worker.await_that(lambda page: not page.tasks())
    assert worker.stop() == 0


@every_model
def test_after_enough_tasks_it_asks_to_be_replaced(make, model):
    worker = make(model, **{"max-tasks": 5}).start().ready()
    for _ in range(5):
        assert get(worker.port) == "hello, world\n"
    worker.await_told("X_SUPERD_RECYCLE=tasks")
    assert get(worker.port) == "hello, world\n"
    assert worker.stop() == 0


@every_model
def test_what_no_superd_hears_is_told_to_the_next_one(make, model):
    worker = make(model, **{"max-tasks": 1})
    worker.be_gone()
    worker.start().await_line("READY=1")
    assert get(worker.port) == "hello, world\n"
    worker.await_that(lambda page: sum(each["done"] for each in page.slots()) > 0)
    worker.listen()
    worker.await_told("X_SUPERD_RECYCLE=tasks")
    assert [line for line in worker.told if not line.startswith("STATUS=")] == ["READY=1", "X_SUPERD_RECYCLE=tasks"]
    assert [line for line in worker.lines if "superd" in line] == \
        ["warning: superd does not listen now: READY=1 is said again until it does"]
    assert worker.stop() == 0


def test_memory_that_no_superd_was_there_to_hold_is_held_by_the_next_one(make):
    held = worker_host.listener()
    worker = make("processes", "primes", listeners={"jobs": held})
    worker.be_gone()
    worker.start().await_line("FDSTORE=1")
    worker.listen()
    worker.ready()
    assert os.fstat(worker.stored["shared.known"]).st_size > 0
    assert worker.stop() == 0
    held.close()


@every_model
def test_a_template_forks_workers_that_are_the_keepers_children(make, model):
    template = make(model, kind=Template).start()
    assert template.answer()[0] == {"ready": True}
    environment = {"SUPERD_SERVICE": "shop", "SUPERD_NOTE": "n" * 40}
    workers = [template.fork(make(model, index=index), run=index + 20, environment=environment) for index in range(2)]
    for worker in workers:
        worker.ready()
        assert os.waitpid(worker.pid, os.WNOHANG) == (0, 0)  # A child of this process, not of the template.
        assert os.getsid(worker.pid) == worker.pid
        with open(f"/proc/{worker.pid}/environ") as file:
            shown = file.read().split("\0")
        assert f"SUPERD_RUN={20 + worker.settings['index']}@test" in shown and "SUPERD_INSTANCE=shop/1" in shown
        assert "SUPERD_TEMPLATE=3" in shown, "what is not superd's word of whose it is stays where it was"
    assert get(workers[0].port, "/who").startswith("shop/")
    for worker in workers:
        assert worker.stop() == 0
    template.channel.close()
    assert template.ended() == 0


def test_what_preload_has_kept_and_printed_stays_as_it_was(make):
    template = make("processes", PLAIN, kind=Template).start({"SUPERD_NOTE": "n" * 40, "WORD": "moin", "Z": "z" * 40})
    assert template.answer()[0] == {"ready": True}
    for index in range(2):
        worker = template.fork(make("processes", PLAIN, index=index)).ready()
        assert worker.await_line("kept") == "kept moin"
        worker.signal(signal.SIGKILL)
    template.channel.close()
    assert template.ended() == 0 and template.output_ended()
    assert template.text() == "preloaded, ", "and each only once"


def test_a_crash_loses_nothing_that_was_printed(make):
    worker = make("processes", PLAIN).start().ready()
    assert worker.stop() == -signal.SIGSEGV
    assert worker.await_line("last words") == "the last words"


def test_a_worker_that_nobody_would_know_of_ends_at_once(make):
    """superd has died after it asked: the request is still read, and then there is nobody to be told."""
    template = make(kind=Template).start()
    assert template.answer()[0] == {"ready": True}
    template.signal(signal.SIGSTOP)
    worker = make()
    template.ask(worker, run=17)
    template.channel.close()
    template.signal(signal.SIGCONT)
    assert template.ended() == 0
    assert worker.output_ended(), "its output is closed, so it has ended too"
    assert worker.lines == []


def test_a_template_with_a_wrong_request_says_why_and_lives_on(make):
    template = make(kind=Template).start()
    assert template.answer()[0] == {"ready": True}
    template.channel.send(b'{"run": 3, "descriptors": ["settings"]}')
    answer = template.answer()[0]
    assert (answer["run"], answer["permanent"]) == (3, False) and "descriptors" in answer["failed"]
    worker = template.fork(make()).ready()
    assert worker.stop() == 0
    assert template.stop() == 0


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer's own memory is counted")
def test_an_idle_connection_costs_little(make):
    """The target is 1.5 MB per 1,000 (tests/bench/models measures it): here no more than twice that."""
    wanted = 1000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2 * wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    worker = make().start().ready()

    def connect():
        conn = socket.create_connection(("127.0.0.1", worker.port))
        ask(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return conn

    def memory():
        with open(f"/proc/{worker.pid}/smaps_rollup") as file:
            return int(re.search(r"Pss:\s+(\d+) kB", file.read())[1])

    connections = [connect() for _ in range(100)]
    before = memory()
    connections += [connect() for _ in range(wanted)]
    assert memory() - before < 3000
    for conn in connections:
        conn.close()
    assert worker.stop() == 0
