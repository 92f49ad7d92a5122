"""Python services that superd hosts: the examples pages, digests and counting, and what goes wrong."""
import hashlib
import re
import shutil
import socket

import pytest

import harness
import processes
import worker_host
from test_examples import EXAMPLES

PROGRAMS = harness.PROGRAMS


@pytest.fixture
def hosting(superd):
    """superd on those three examples, none of them started; `port(unit)` tells where one listens."""
    shutil.copytree(EXAMPLES / "python", superd.config / "python")
    ports = {}
    for name in ("pages", "digests", "counting"):
        text = (EXAMPLES / "units" / f"{name}.toml").read_text().replace("@EXAMPLES@", str(superd.config))
        ports[name] = next(port for port in iter(processes.free_port, None) if port not in ports.values())
        text = re.sub(r"127\.0\.0\.1:180\d\d", f"127.0.0.1:{ports[name]}", text)
        superd.unit(name, text if "autostart" in text else f"autostart = false\n{text}")
    superd.port = ports.__getitem__
    superd.start()
    return superd


def start(superd, *names):
    superd.ctl("start", *names, "--timeout", "120s", timeout=180)


def workers(superd, name):
    return {each["pid"] for each in superd.units()[name]["instances"]}


def ask(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=worker_host.PATIENCE) as client:
        client.sendall(data)
        return client.makefile("rb").readline()


def test_the_examples_serve(hosting):
    start(hosting, "pages", "digests", "counting")
    assert re.fullmatch(r"good day from worker [01]\n", worker_host.get(hosting.port("pages")))
    assert ask(hosting.port("digests"), b"3\nabc") == hashlib.sha256(b"abc").hexdigest().encode() + b"\n"
    assert ask(hosting.port("counting"), b"100\n") == b"25\n"
    assert len(workers(hosting, "pages")) == 2
    said = worker_host.get(hosting.port("pages"), "/who")
    assert int(re.match(r"pid (\d+), worker [01] of 2, run 1: start\n", said)[1]) in workers(hosting, "pages")


def test_a_restart_under_load_fails_no_request(hosting):
    start(hosting, "pages")
    before = workers(hosting, "pages")
    clients = worker_host.Short(hosting.port("pages"))
    clients.await_more(20)
    hosting.ctl("restart", "pages", "--timeout", "120s", timeout=180)
    clients.await_more(20)
    done, failed = clients.result()
    assert failed == 0 and done >= 40
    assert not before & workers(hosting, "pages")


def test_a_rolling_restart_under_kept_connections_fails_no_request(hosting):
    start(hosting, "pages")
    before = workers(hosting, "pages")
    load = worker_host.Load(hosting.port("pages"), 6, connections=8, path="/wait")
    hosting.ctl("restart", "--rolling", "pages", "--timeout", "120s", timeout=180)
    done, failed = load.result()
    assert failed == 0 and done > 0
    assert not before & workers(hosting, "pages")


def test_a_worker_that_is_killed_loses_what_it_had_begun_and_nothing_after(hosting):
    start(hosting, "pages")
    clients = worker_host.Short(hosting.port("pages"), threads=2)
    clients.await_more(20)
    victim = hosting.pid("pages/0")
    processes.kill(victim)
    hosting.await_new_pid("pages/0", victim)
    clients.await_more(20)
    done, failed = clients.result()
    # Each of the two clients had at most one request there.
    assert failed <= 2 and done >= 40
    lines = worker_host.get(hosting.port("pages"), "/who")
    assert "worker" in lines


def test_a_process_that_is_killed_comes_back_alone(hosting):
    start(hosting, "counting")
    neighbours = workers(hosting, "counting") - {hosting.pid("counting/0")}
    victim = hosting.pid("counting/0")
    processes.kill(victim)
    new = hosting.await_new_pid("counting/0", victim)
    assert workers(hosting, "counting") == neighbours | {new}
    assert ask(hosting.port("counting"), b"1000\n") == b"168\n"


def test_the_supervisors_death_is_not_noticed(hosting):
    start(hosting, "pages", "counting")
    before = hosting.pids()
    clients = worker_host.Short(hosting.port("pages"), threads=2)
    clients.await_more(10)
    processes.kill(hosting.parts()["supervisor"])
    hosting.ctl("wait", "pages", "counting", "--ready")
    clients.await_more(10)
    assert clients.result()[1] == 0
    assert hosting.pids() == before
    victim = hosting.pid("counting/0")
    processes.kill(victim)
    hosting.await_new_pid("counting/0", victim)
    assert ask(hosting.port("counting"), b"1000\n") == b"168\n"


def test_what_is_wrong_in_the_configuration_is_not_tried_again(superd):
    superd.unit("shop", f'''language = "python"
module = "{PROGRAMS}/hosted.py:handlr"
model = "threads"
[listen]
http = "tcp://127.0.0.1:{processes.free_port()}"
''')
    superd.start()
    one = superd.await_state("shop", "failed")
    assert (one["last-exit"]["code"], one["restarts"]) == (78, 0)
    superd.await_that(lambda: "did you mean handler?" in superd.ctl("logs", "shop").stdout)


def test_numbers_and_named_memory_outlive_a_crash(superd):
    port = processes.free_port()
    superd.unit("shop", f'''language = "python"
module = "{PROGRAMS}/hosted.py:coroutine"
[listen]
http = "tcp://127.0.0.1:{port}"
''')
    superd.start()
    superd.ctl("wait", "shop", "--ready", "--timeout", "60s")
    assert [worker_host.get(port, "/shared") for _ in range(2)] == ["1", "2"]
    victim = superd.pid("shop")
    assert worker_host.get(port, "/crash") is None
    superd.await_new_pid("shop", victim)
    assert worker_host.get(port, "/shared") == "3"
    assert worker_host.get(port, "/who").split()[4:6] == ["2", "crash(SIGSEGV)"]
    assert superd.instance("shop")["last-exit"]["signal"] == "SIGSEGV"
