"""superd_worker.py alone: what units/protocol/README.md says of a worker, in each of Python's models."""
import os
import re
import signal
import socket
import time

import pytest

import worker_host
from python_host import MODELS, PROGRAMS, every_model, make  # noqa: F401
from worker_host import Load, Short, Template, get

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


@pytest.mark.parametrize("model, function", [("threads", "unmarked"), ("processes", "unmarked"),
                                             ("coroutines", "unmarked_coroutine")])
def test_a_handler_that_says_nothing_of_its_tasks(make, model, function):
    worker = make(model, module=f"hosted:{function}").start().ready()
    with socket.create_connection(("127.0.0.1", worker.port)) as client:
        client.settimeout(worker_host.PATIENCE)
        client.sendall(b"echo")
        assert client.recv(100) == b"echo"
        worker.await_that(lambda page: any(each["name"].startswith("connection from 127.0.0.1:")
                                           for each in page.tasks()))
        worker.signal()
        assert client.recv(100) == b"", "a drain ends it once it is idle"
    assert worker.ended() == 0


def test_a_main_of_its_own(make):
    worker = make("processes", module="hosted:main", listeners={}).start().ready()
    worker.await_told("STATUS=waiting for work")
    first = worker.page.slots()[0]["beat"]
    worker.await_that(lambda page: page.slots()[0]["beat"] > first)
    assert worker.stop() == 0
    worker.await_line("main saw the stop after 1")
    worker = make("threads", module="hosted:main", listeners={}, config={"code": True}).start().ready()
    assert worker.stop() == 3


def test_a_main_that_does_not_end_is_ended(make):
    worker = make("processes", module="hosted:stubborn", listeners={}, **{"drain-timeout": 200}).start().ready()
    assert worker.stop() == 0
    worker.await_line(r"drain-timeout \(200 ms\) is over")


def test_a_coroutine_main_and_its_ticker(make):
    worker = make("coroutines", module="hosted:main_coroutine", listeners={}).start().ready()
    worker.await_that(lambda page: any(each["name"] == "ticker" for each in page.tasks()))
    assert worker.stop() == 0
    worker.await_line("main_coroutine saw the stop")


def test_a_main_that_accepts_by_itself(make):
    worker = make("processes", module="hosted:accepting").start().ready()
    assert [get(worker.port) for _ in range(3)] == ["by hand"] * 3
    assert worker.stop() == 0


def test_a_class_is_made_with_its_configuration(make):
    worker = make("coroutines", module="hosted:Shop", config={"greeting": "good day"}).start().ready()
    assert get(worker.port) == "good day"
    assert worker.stop() == 0


@pytest.mark.long
def test_threads_that_compute_are_told_of_the_gil(make):
    worker = make("threads").start().ready()
    clients = Short(worker.port, threads=3, path="/compute")
    line = worker.await_line("the GIL")
    assert clients.result()[1] == 0
    assert re.search(r"warning: [234] threads compute, \d+ ms a task, .* set model = \"processes\" and workers = \"cores\"", line)
    assert worker.stop() == 0


WRONG = [
    ({"module": "hosted:handlr", "model": "threads"}, 78,
     "cannot load hosted:handlr: module hosted has no handlr; did you mean handler?"),
    ({"module": "hostd:handler"}, 78, "has no module hostd; did you mean hosted?"),
    ({"module": "hosted:PROGRAM"}, 78, "module hosted has no PROGRAM"),
    ({"module": "hosted:state"}, 78, "cannot run hosted:state: state is dict, expected a function or a class"),
    ({"module": "hosted:coroutine", "model": "threads"}, 78,
     "cannot run hosted:coroutine: coroutine is `async def`, which needs model = \"coroutines\""),
    ({"module": "hosted:coroutine", "model": "coroutines", "loop": "gevent"}, 78, "which needs loop = \"asyncio\""),
    ({"module": "hosted:handler", "model": "coroutines"}, 78,
     "needs `async def handler(reader, writer, ctx)`; for a plain function set loop = \"gevent\""),
    ({"module": "hosted:content", "model": "threads"}, 78,
     "cannot run hosted:content: content takes 2 arguments, expected content(conn, addr, ctx)"),
    ({"module": "hosted:Picky"}, 78, "cannot open the shop: greeting is missing in [config]"),
    ({"module": "/nowhere/app.py:handler"}, 78, "cannot load /nowhere/app.py:handler: /nowhere/app.py does not exist"),
    ({"module": "hosted_wrong:handler"}, 1, "cannot load hosted_wrong:handler: ZeroDivisionError while it was imported"),
    ({"module": "hosted_lacking:handler"}, 1, "ModuleNotFoundError: No module named 'no_such_library'"),
    ({"module": ""}, 78, "module is missing, expected \"MODULE:NAME\""),
    ({"module": "hosted:handler", "model": "fibers"}, 78,
     "cannot use model = \"fibers\": expected one of \"processes\", \"threads\", \"coroutines\""),
    ({"module": "hosted:handler", "threads": "many"}, 78, "threads is \"many\", expected a value like 16"),
    ({"module": "hosted:handler", "max-tasks": -1}, 78, "max-tasks is -1, expected 0 or more"),
    ({"module": "hosted:handler", "language": "c++"}, 78, "cannot run language = \"c++\": this worker runs python"),
    ({"module": "hosted:handler", "version": 2}, 78, "they are of version 2, this worker knows version 1"),
]


@pytest.mark.parametrize("settings, code, sentence", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(make, settings, code, sentence):
    worker = make(**{"model": "processes", "module": "hosted:handler", **settings}).start()
    assert worker.ended() == code
    worker.await_line(re.escape(sentence))
    if code == 78:
        assert "Traceback" not in worker.text()
    else:
        assert "importlib" not in worker.text() and "superd_worker" not in worker.text()


def test_a_handler_without_a_listener(make):
    worker = make("threads", listeners={}).start()
    assert worker.ended() == 78
    worker.await_line("cannot run hosted:handler: handler takes connections, and no listener has them; give the unit")


def test_gevent_that_is_missing(make, tmp_path):
    (tmp_path / "gevent.py").write_text("raise ModuleNotFoundError(\"No module named 'gevent'\", name='gevent')\n")
    worker = make("gevent").start({"PYTHONPATH": str(tmp_path)})
    assert worker.ended() == 78
    worker.await_line("cannot use loop = \"gevent\": Python finds no module gevent; install it")


@every_model
def test_alone_with_listeners_of_its_own(make, tmp_path, model):
    import json
    import subprocess
    import processes
    port = processes.free_port()
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({**MODELS[model], "max-tasks": 3, "listen": {
        "http": f"tcp://127.0.0.1:{port}", "side": f"unix:{tmp_path}/side.sock"}}))
    process = subprocess.Popen([*worker_host.PYTHON_WORKER, "--settings", str(file)], cwd=PROGRAMS, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        line = process.stdout.readline()
        assert line.startswith(f"ready: {MODELS[model]['module']}, ") and f"http on 127.0.0.1:{port}" in line
        assert [get(port) for _ in range(2)] == ["hello"] * 2
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{tmp_path}/side.sock")
            client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert b"hello" in client.recv(1000)
        assert process.wait(worker_host.PATIENCE) == 0
        assert "3 tasks are done (max-tasks): stopping" in process.stdout.read()
    finally:
        process.kill()
        process.wait()


def test_a_worker_without_settings_says_so():
    import subprocess
    result = subprocess.run(worker_host.PYTHON_WORKER, text=True, stderr=subprocess.PIPE)
    assert result.returncode == 64
    assert "cannot start: there are no settings; give --settings FILE" in result.stderr
    result = subprocess.run([*worker_host.PYTHON_WORKER, "--settings", "/nowhere"], text=True, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (78, "cannot read /nowhere: No such file or directory\n")


# The template.

@every_model
def test_a_template_forks_workers_that_are_not_its_children(make, model):
    template = make(model, kind=Template, preload=True).start()
    assert template.answer() == ({"ready": True}, template.pid)
    first = template.fork(make(model, index=1), 17).ready()
    assert first.pid != template.pid
    preloaded, parent, _ = get(first.port, "/preloaded").split()
    assert (int(preloaded), int(parent)) == (template.pid, os.getpid())
    with open(f"/proc/{first.pid}/environ", "rb") as environ:
        shown = environ.read().split(b"\0")
    assert b"SUPERD_RUN=17@test" in shown and b"SUPERD_INSTANCE=shop/1" in shown
    assert os.getsid(first.pid) == first.pid
    second = template.fork(make(model, index=2), 18).ready()
    assert first.stop() == 0
    assert get(second.port, "/who").split()[:3] == [str(second.pid), "shop", "2"]
    second.signal(signal.SIGKILL)
    third = template.fork(make(model, page=second.page, generation=2), 19).ready()
    assert second.ended() == -signal.SIGKILL
    assert get(third.port, "/who").split()[4] == "2"
    assert third.stop() == 0
    assert template.stop() == 0


def test_a_template_refuses_to_fork_with_threads(make):
    template = make("threads", kind=Template, module="hosted_threads:handler").start()
    template.answer()
    template.ask(make("threads"), 17)
    answer, pid = template.answer()
    assert pid == template.pid and answer["run"] == 17 and answer["permanent"] is True
    assert re.fullmatch(r"cannot fork: 1 more threads run \(poller\), and a copy would have their locks without them; "
                        r"start them in worker_start\(ctx\), or set preload = false", answer["failed"])
    template.channel.close()
    assert template.ended() == 0, "it ends with superd"


def test_a_template_whose_module_is_wrong(make):
    template = make("threads", kind=Template, module="hosted:handlr").start()
    assert template.ended() == 78
    template = make("threads", kind=Template, module="hosted_wrong:handler").start()
    assert template.ended() == 1


def test_a_template_survives_a_request_that_makes_no_sense(make):
    template = make("processes", kind=Template).start()
    template.answer()
    for each in (b"{", b"[]", b"{\"run\": 1}", b"{\"run\": 1, \"environment\": {}, \"descriptors\": [\"page\"]}"):
        template.channel.send(each)
    assert template.fork(make("processes")).ready().stop() == 0
    assert len([each for each in template.lines if "makes no sense" in each]) == 4


def test_a_forked_worker_whose_class_is_wrong_exits_with_78(make):
    template = make("processes", kind=Template, module="hosted:Picky").start()
    template.answer()
    worker = template.fork(make("processes", module="hosted:Picky"))
    assert worker.ended() == 78
    worker.await_line("cannot open the shop: greeting is missing")


def test_a_forked_crash_is_told_by_its_own_log(make):
    template = make("threads", kind=Template).start()
    template.answer()
    worker = template.fork(make("threads")).ready()
    get(worker.port, "/crash")
    assert worker.ended() == -signal.SIGSEGV
    worker.await_line("Fatal Python error: Segmentation fault")
    assert template.fork(make("threads"), 18).ready().stop() == 0


def test_a_worker_that_nobody_would_know_of_ends_at_once(make):
    """superd has died after it asked: the request is still read, and then there is nobody to be told."""
    template = make("threads", kind=Template).start()
    template.answer()
    template.signal(signal.SIGSTOP)
    worker = make("threads")
    template.ask(worker, run=17)
    template.channel.close()
    template.signal(signal.SIGCONT)
    assert template.ended() == 0
    assert worker.output_ended(), "its output is closed, so it has ended too"
    assert worker.lines == []


def test_a_worker_is_not_held_up_by_a_template_that_dies(make):
    template = make("coroutines", kind=Template).start()
    template.answer()
    worker = template.fork(make("coroutines")).ready()
    template.signal(signal.SIGKILL)
    assert template.ended() == -signal.SIGKILL
    begun = time.monotonic()
    assert get(worker.port) == "hello" and time.monotonic() - begun < worker_host.PATIENCE
    assert worker.stop() == 0
