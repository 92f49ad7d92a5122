"""Workers that give no sign of life, crash, or are looked into: superd's watchdog of hosted units."""
import json
import os
import pathlib
import re
import signal
import socket
import threading

import pytest

import harness
import processes
from module_host import module_path
from worker_host import Load, Short, get

ROOT = pathlib.Path(__file__).resolve().parents[2]
# More rounds than any machine computes while a test lasts.
FOR_EVER = "/hash?n=4000000000"
CALLS = ("clock_nanosleep", "hrtimer_nanosleep")


def unit(port, model="coroutines", more="", sections="", module="greeter"):
    return (f'module = "{module_path(module)}"\nmodel = "{model}"\n{more}\n'
            f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n{sections}')


def start(superd, text, name="shop"):
    superd.unit(name, text)
    superd.start()
    superd.ctl("wait", name, "--ready")


def stalls(superd, *kinds):
    return [event for event in superd.events() if event["event"] == "stall" and event["to"] in kinds]


def await_stall(superd, *kinds):
    return superd.await_that(lambda: stalls(superd, *kinds))[0]


def await_event(superd, kind, **members):
    def look():
        return [event for event in superd.events()
                if event["event"] == kind and all(event.get(key) == value for key, value in members.items())]
    return superd.await_that(look)[0]


class Request:
    """One request in the background, which may never be answered."""

    def __init__(self, port, path):
        self.body = None
        self.thread = threading.Thread(target=self.run, args=(port, path), daemon=True)
        self.thread.start()

    def run(self, port, path):
        self.body = get(port, path)

    def answer(self):
        self.thread.join(harness.PATIENCE)
        assert not self.thread.is_alive(), "neither answered nor closed"
        return self.body


RULES = 'workers = 2\nstall-warn = "500ms"\nstall-timeout = "2s"\ndrain-timeout = "1s"\n'


def test_a_busy_loop_is_named_and_replaced_while_the_others_serve(superd):
    port = processes.free_port()
    start(superd, unit(port, more=RULES + 'on-stall = "replace"'))
    before = superd.pids()
    short = Short(port, threads=2)
    short.await_more(50)
    lost = Request(port, FOR_EVER)
    told = await_stall(superd, "stalled")
    assert told["reason"] in ("computing", "starved"), told
    assert f'at "GET {FOR_EVER}"' in told["message"] and "silent for" in told["message"]
    assert any("greeter.so" in line for line in told["lines"]), told
    name, number = f"shop/{told['instance']}", told["instance"]
    gone = await_event(superd, "exit", instance=number)
    assert gone["reason"] == "replaced" and gone["message"].startswith("it had stalled: loop of tid"), gone
    assert gone["signal"] in ("SIGABRT", "SIGKILL")
    superd.ctl("wait", "shop", "--ready")
    after = superd.pids()
    other = f"shop/{1 - number}"
    assert after[other] == before[other] and after[name] != before[name]
    assert superd.instance(name)["restarts"] == 0, "no failure: it was replaced"
    short.await_more(50)
    done, failed = short.result()
    assert failed <= 2, f"of {done}: those that it had taken and not answered, one of each client"
    assert lost.answer() is None
    bodies = {get(port, "/who") for _ in range(40)}
    assert f"{name} generation 2 after stalled\n" in bodies, bodies
    deaths = superd.json("why", name)["explanations"][0]["chain"][0]["deaths"]
    assert deaths[-1]["cause"] == gone["message"]
    logs = superd.ctl("logs", "shop", "-n", "200").stdout
    assert "superd: loop of tid" in logs and "superd:   #0 " in logs


def test_a_blocking_call_is_classified_and_a_trace_changes_nothing(superd):
    port = processes.free_port()
    start(superd, unit(port, more='workers = 1\nstall-warn = "500ms"\nstall-timeout = "0s"'))
    before = superd.pids()

    def block():
        assert get(port, "/block?ms=3000") == "hello, world\n"
        return stalls(superd, "silent")
    # A superd that was itself kept from looking, on a machine with too much to do, blames nobody.
    told = superd.await_that(block)[0]
    assert told["reason"] == "call", told
    assert "blocked within the loop in " in told["message"] and any(call in told["message"] for call in CALLS), told
    assert 'at "GET /block?ms=3000"' in told["message"]
    assert await_stall(superd, "recovered")["run"] == told["run"]
    assert superd.pids() == before
    assert "stalls" not in superd.instance("shop")["reason"]


def test_a_stopped_worker_has_stalled_and_is_killed(superd):
    port = processes.free_port()
    start(superd, unit(port, more=RULES + 'on-stall = "kill"', sections='[restart]\ndelay = "0s"\n'))
    before = superd.pids()
    os.kill(before["shop/1"], signal.SIGSTOP)
    told = await_stall(superd, "stalled")
    assert (told["reason"], told["instance"], told["pid"]) == ("stopped", 1, before["shop/1"])
    assert "stopped by a signal" in told["message"]
    superd.await_new_pid("shop/1", before["shop/1"])
    gone = await_event(superd, "exit", instance=1)
    assert (gone["reason"], gone["message"]) == ("stalled", told["message"]), gone
    assert superd.pid("shop/0") == before["shop/0"]
    assert "as it had stalled: loop of tid" in superd.ctl("why", "shop/1").stdout
    bodies = {get(port, "/who") for _ in range(40)}
    assert "shop/1 generation 2 after stalled\n" in bodies, bodies


def test_a_thread_that_hangs_is_told_of_by_its_task(superd):
    port = processes.free_port()
    start(superd, unit(port, "threads", 'threads = 4\nstall-warn = "500ms"\nstall-timeout = "2s"'))
    hangs = Request(port, "/slow?ms=1000000")
    told = await_stall(superd, "stalled")
    assert told["message"].startswith("thread of tid") and 'at "GET /slow?ms=1000000"' in told["message"], told
    assert get(port) == "hello, world\n", "the others serve"
    assert "stalls: thread of tid" in superd.instance("shop")["reason"]
    assert "gives no sign of life" in superd.ctl("why", "shop").stdout
    slots = superd.json("tasks", "shop")["workers"][0]["slots"]
    assert [slot["task"] for slot in slots if slot["task-age"]] == ["GET /slow?ms=1000000"], slots
    named = [thread["slot"]["task"] for thread in superd.json("threads", "shop")["instances"][0]["threads"]
             if "slot" in thread and thread["slot"]["task-age"]]
    assert named == ["GET /slow?ms=1000000"]
    superd.ctl("signal", "KILL", "shop")
    assert hangs.answer() is None


def test_a_crash_is_reported_with_thread_task_and_stack(superd):
    port = processes.free_port()
    start(superd, unit(port, more="workers = 2", sections='[restart]\ndelay = "0s"\n'))
    load = Load(port, 3, connections=8)
    before = superd.pids()
    assert get(port, "/crash") is None
    gone = await_event(superd, "exit", signal="SIGSEGV")
    name = f"shop/{gone['instance']}"
    assert re.fullmatch(r'SIGSEGV at 0x0 in thread \d+ \(loop\), at "GET /crash"', gone["message"]), gone
    assert gone["pid"] == before[name] and any("greeter.so" in line for line in gone["lines"])
    superd.await_new_pid(name, before[name])
    requests, failed = load.result()
    assert failed <= 8, f"of {requests}: one of each kept connection"
    last = superd.instance(name)["last-exit"]
    assert (last["cause"], last["stack"]) == (gone["message"], gone["lines"])
    text = superd.ctl("why", name).stdout
    assert 'at "GET /crash"' in text and "It was in " in text


@pytest.mark.long
def test_twenty_thousand_connections_across_a_crash(superd):
    port = processes.free_port()
    start(superd, unit(port, more="workers = 2", sections='[restart]\ndelay = "0s"\n'))
    short = Short(port, threads=2)
    # A thousand at a time: a sanitizer and a busy machine make them slow, and none may take for ever.
    for _ in range(5):
        short.await_more(1000)
    assert get(port, "/crash") is None
    for _ in range(15):
        short.await_more(1000)
    done, failed = short.result()
    assert failed <= 2, f"of {done}: one of each client at most"


def test_tasks_shows_a_coroutine_with_the_line_that_began_it(superd):
    port = processes.free_port()
    superd.unit("plain", 'exec = ["sleep", "100000"]\n')
    start(superd, unit(port, module="chat"), "chat")
    source = (ROOT / "units/examples/modules/chat.cpp").read_text().splitlines()
    line = next(number for number, text in enumerate(source, 1) if 'context_.spawn("tell "' in text)
    with socket.create_connection(("127.0.0.1", port)) as guest:
        guest.sendall(b"ann\n")

        def listed():
            worker = superd.json("tasks", "chat")["workers"][0]
            return worker if worker["tasks"] else None
        worker = superd.await_that(listed)
        assert worker["hosted"] and worker["pid"] == superd.pid("chat")
        [task] = worker["tasks"]
        assert (task["name"], task["file"], task["line"]) == ("tell ann", "chat.cpp", line)
        assert task["lints"] == []
        assert [slot["kind"] for slot in worker["slots"]] == ["loop"]
        table = superd.ctl("tasks", "chat").stdout.splitlines()
        assert table[0].split()[:3] == ["INSTANCE", "TID", "KIND"]
        assert any("tell ann" in row and f"chat.cpp:{line}" in row for row in table), table
    assert "is not hosted" in superd.ctl("tasks", "plain", expect=1).stderr
    assert "`superctl threads plain`" in superd.ctl("tasks", "plain", expect=1).stderr
    assert "no unit is called" in superd.ctl("tasks", "plian", expect=4).stderr
    superd.ctl("stop", "chat")
    assert superd.ctl("tasks", "chat", expect=3).stderr == "Nothing of it runs.\n"


HANGS = """
import time

async def handler(reader, writer, ctx):
    await reader.readline()
    with ctx.busy("GET /hang"):
        time.sleep(1000)
"""


def test_python_that_hangs_is_told_with_its_place(superd):
    (superd.base / "hangs.py").write_text(HANGS)
    port = processes.free_port()
    start(superd, 'module = "hangs:handler"\nlanguage = "python"\npython = "/usr/bin/python3"\n'
          f'directory = "{superd.base}"\nstall-warn = "500ms"\nstall-timeout = "2s"\n'
          f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"x\n")
        told = await_stall(superd, "stalled")
        assert told["reason"] == "call" and any(call in told["message"] for call in CALLS), told
        assert 'at "GET /hang' in told["message"], told
        superd.await_that(lambda: "hangs.py" in superd.ctl("logs", "shop", "-n", "100").stdout)
        superd.ctl("signal", "KILL", "shop")


def test_the_watch_goes_on_after_superd_was_killed(superd):
    port = processes.free_port()
    start(superd, unit(port, more=RULES + 'on-stall = "kill"', sections='[restart]\ndelay = "0s"\n'))
    before = superd.pids()
    os.kill(superd.parts()["supervisor"], signal.SIGKILL)
    superd.await_that(lambda: superd.pids() == before)
    os.kill(before["shop/0"], signal.SIGSTOP)
    told = await_stall(superd, "stalled")
    assert told["pid"] == before["shop/0"]
    superd.await_new_pid("shop/0", before["shop/0"])


def test_a_crash_is_told_to_the_hook_and_a_reload_to_the_worker(superd):
    port = processes.free_port()
    rules = (f'[restart]\ndelay = "0s"\n[hooks]\non-crash = ["/bin/sh", "-c", "cat > {superd.base}/t; '
             f'mv {superd.base}/t {superd.base}/told"]\n')
    start(superd, unit(port, sections=rules))
    assert get(port, "/crash") is None
    told = superd.base / "told"
    superd.await_that(told.exists)
    last = json.loads(told.read_text())["last-exit"]
    assert 'at "GET /crash"' in last["cause"] and any("greeter.so" in line for line in last["stack"]), last
    superd.ctl("wait", "shop", "--ready")
    superd.unit("shop", unit(port, more="threads = 5", sections=rules))
    superd.ctl("apply")
    superd.ctl("wait", "shop", "--ready")
    superd.await_that(lambda: get(port, "/who") == "shop/0 generation 3 after reload\n")


def test_status_tells_what_workers_do(superd):
    port = processes.free_port()
    start(superd, unit(port, more="workers = 2"))
    short = Short(port, threads=2)
    short.await_more(100)
    # The rate is of the last seconds.
    def rates():
        workers = [one["worker"] for one in superd.instances().values()]
        return workers if all(each["per-second"] for each in workers) else None
    workers = superd.await_that(rates)
    assert sum(each["done"] for each in workers) >= 100 and all(each["slots"] == 1 for each in workers)
    text = superd.ctl("status", "shop").stdout
    assert "tasks a second; a worker has" in text and " done, " in text
    good, failed = short.result()
    assert failed == 0
    # What the module itself counts: each request once.
    counted = [one["worker"]["metrics"] for one in superd.instances().values()]
    assert [[(each["name"], each["kind"]) for each in one] for one in counted] == [[("requests", "counter")]] * 2
    assert sum(one[0]["count"] for one in counted) == good
    assert re.search(r"^  counts +requests: \d+$", superd.ctl("status", "shop").stdout, re.M)
