"""What the module of a Python worker may have for it to run, and what is said of one that is wrong."""
import re
import socket

import pytest

import worker_host
from python_host import MODELS, PROGRAMS, every_model, make  # noqa: F401
from worker_host import get


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
