"""Units with a module: superd starts workers for it, as many as are needed."""
import contextlib
import json
import os
import signal
import socket
import threading

import pytest

import harness
import processes

PROGRAMS = harness.PROGRAMS
TIMEOUT = harness.PATIENCE


def hosted(port, more="", sections="", module="hosted:coroutine"):
    return (f'language = "python"\nmodule = "{module}"\nenv = {{ PYTHONPATH = "{PROGRAMS}" }}\n{more}\n'
            f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n{sections}')


def ask(port, path="/who"):
    """The words of an answer; the connection is not kept."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), received
    return body.decode().split()


def settings_of(pid):
    """What the worker was told, read as the worker reads it."""
    number = dict(each.split(b"=", 1) for each in processes.environment(pid) if b"=" in each)[b"SUPERD_SETTINGS"]
    with open(f"/proc/{pid}/fd/{number.decode()}") as settings:
        return json.load(settings)


def test_a_module_runs_in_workers(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port, "workers = 2", '[config]\ngreeting = "hello ${INSTANCE}"\n'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    pids = superd.pids()
    told = [ask(port) for _ in range(12)]
    assert {int(words[0]) for words in told} <= set(pids.values())
    assert {tuple(words[1:2] + words[3:]) for words in told} == {("shop", "2", "1", "start", "coroutines")}
    settings = settings_of(pids["shop/1"])
    assert settings["config"] == {"greeting": "hello 1"} and settings["index"] == 1
    assert settings["stall-warn"] == 250 and settings["drain-timeout"] == 30000
    environment = processes.environment(pids["shop/1"])
    page = next(each for each in environment if each.startswith(b"SUPERD_PAGE=")).partition(b"=")[2].decode()
    assert os.stat(f"/proc/{pids['shop/1']}/fd/{page}").st_size == 621696
    sealed = os.open(f"/proc/{pids['shop/1']}/fd/{settings_number(pids['shop/1'])}", os.O_RDWR)
    with pytest.raises(PermissionError):
        os.write(sealed, b"{}")
    os.close(sealed)


def settings_number(pid):
    return next(each for each in processes.environment(pid)
                if each.startswith(b"SUPERD_SETTINGS=")).partition(b"=")[2].decode()


def test_a_worker_knows_why_it_was_started(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port, sections='[restart]\ndelay = "0s"\n'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    assert ask(port)[4:6] == ["1", "start"]
    before = superd.pid("shop")
    processes.send(before, signal.SIGSEGV)
    superd.await_new_pid("shop", before)
    assert ask(port)[4:6] == ["2", "crash(SIGSEGV)"]
    processes.kill(superd.parts()["supervisor"])
    superd.ctl("restart", "shop")
    assert ask(port)[4:6] == ["3", "restart"]


def test_a_configuration_that_the_module_refuses_is_not_tried_again(superd):
    superd.unit("shop", hosted(processes.free_port(), module="hosted:Picky"))
    superd.start()
    shop = superd.await_state("shop", "failed")
    assert shop["last-exit"]["code"] == 78 and shop["restarts"] == 0


def test_memory_that_a_worker_shares_outlives_it(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port, sections='[restart]\ndelay = "0s"\n'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    assert [ask(port, "/shared") for _ in range(3)] == [["1"], ["2"], ["3"]]
    before = superd.pid("shop")
    processes.kill(before)
    superd.await_new_pid("shop", before)
    assert ask(port, "/shared") == ["4"]


def test_a_page_outlives_worker_and_supervisor(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    pid = superd.pid("shop")
    processes.kill(superd.parts()["supervisor"])
    assert superd.pid("shop") == pid
    supervisor = superd.parts()["supervisor"]
    assert pages_held(supervisor) == 1
    superd.ctl("stop", "shop")
    # Stopped: it is of no use any more. The keeper hears of it after who waited for the stop.
    superd.await_that(lambda: not pages_held(superd.process.pid))


def test_a_worker_that_outlived_all_of_superd_is_watched_again(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port, 'workers = 2\nstall-warn = "200ms"'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    before = superd.pids()
    superd.kill_all_parts()
    superd.start()
    assert superd.pids() == before
    assert all(one["worker"]["slots"] for one in superd.instances().values())
    assert pages_held(superd.process.pid), "the keeper, too: for the next supervisor"
    processes.kill(superd.parts()["supervisor"])
    assert all("worker" in one for one in superd.instances().values())
    processes.send(before["shop/1"], signal.SIGSTOP)
    told = await_stall(superd, before["shop/1"])
    processes.send(before["shop/1"], signal.SIGCONT)
    assert told["instance"] == 1
    superd.await_that(lambda: any(one.get("to") == "recovered" and one["seq"] > told["seq"] for one in superd.events()))
    processes.kill(before["shop/1"])
    superd.await_new_pid("shop/1", before["shop/1"])
    assert superd.pid("shop/0") == before["shop/0"]


def test_replacements_that_fail_cost_a_worker_nothing(superd):
    port = processes.free_port()
    (superd.base / "fragile.py").write_text(
        f"""import pathlib
from hosted import coroutine
if pathlib.Path("{superd.base}/broken").exists():
    raise SystemExit(1)
""")
    superd.unit("shop", hosted(port, 'stall-warn = "200ms"', "[rolling]\nsurge = true\n", "fragile:coroutine")
                .replace(f'"{PROGRAMS}"', f'"{PROGRAMS}:{superd.base}"'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    pid = superd.pid("shop")
    (superd.base / "broken").touch()
    for _ in range(4):
        superd.ctl("restart", "--rolling", "shop", expect=1)
    assert superd.pid("shop") == pid and superd.instance("shop")["worker"]["slots"]
    processes.send(pid, signal.SIGSTOP)
    await_stall(superd, pid)
    processes.send(pid, signal.SIGCONT)


def pages_held(pid):
    held = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # Closed meanwhile.
            held.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return sum("superd-page" in each for each in held)


def await_stall(superd, pid):
    """Waits until the process is said to stand still; a busy machine may have stalled others, or itself, before."""
    return superd.await_that(lambda: [one for one in superd.events() if one["event"] == "stall" and one["pid"] == pid
                                      and one.get("reason") == "stopped"])[0]


def test_the_first_connection_wakes_a_unit_and_idleness_puts_it_to_sleep(superd):
    port = processes.free_port()
    superd.unit("shop", f'exec = ["python3", "{PROGRAMS / "acceptor.py"}"]\nautostart = "on-demand"\n'
                f'idle-timeout = "300ms"\n[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    superd.start()
    one = superd.instance("shop")
    assert (one["state"], one["pid"], one["goal"]) == ("waiting", None, "up")
    assert "asleep until a connection comes" in superd.ctl("status", "shop", expect=None).stdout
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
        superd.await_state("shop", "ready")
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.0 200")
    superd.await_that(lambda: "asleep" in superd.instance("shop")["reason"])
    processes.kill(superd.parts()["supervisor"])
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
        superd.await_state("shop", "ready")
    superd.await_that(lambda: "asleep" in superd.instance("shop")["reason"])
    superd.ctl("stop", "shop")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), TIMEOUT)


def test_nobody_waits_for_what_sleeps(superd):
    port = processes.free_port()
    superd.unit("shop", f'exec = ["python3", "{PROGRAMS / "acceptor.py"}"]\nautostart = "on-demand"\n'
                f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    superd.start()
    assert superd.ctl("wait", "shop", "--ready", "--timeout", "60s").stdout == "shop: waiting\n"
    assert superd.ctl("why", "shop").stdout.startswith("shop is asleep until a connection comes, since ")
    superd.ctl("start", "shop")
    assert superd.instance("shop")["state"] == "ready"
    assert superd.ctl("wait", "shop", "--ready").stdout == "shop: ready\n"


def test_what_sleeps_is_reached_where_a_new_configuration_says(superd):
    old, new = processes.free_ports(2)

    def listen(port):
        superd.unit("shop", f'exec = ["python3", "{PROGRAMS / "acceptor.py"}"]\nautostart = "on-demand"\n'
                    f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    listen(old)
    superd.start()
    listen(new)
    superd.ctl("apply")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old), TIMEOUT)
    assert superd.instance("shop")["state"] == "waiting", "nobody has come: its old socket was closed"
    with socket.create_connection(("127.0.0.1", new), TIMEOUT):
        superd.await_state("shop", "ready")


def test_what_sleeps_comes_up_once_no_connection_would_wake_it(superd):
    port = processes.free_port()
    superd.unit("shop", f'exec = ["python3", "{PROGRAMS / "acceptor.py"}"]\nautostart = "on-demand"\n'
                f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    superd.unit("page", hosted(processes.free_port(), "workers = { min = 0, max = 2 }"))
    superd.start()
    assert superd.instance("shop")["state"] == superd.instance("page/0")["state"] == "waiting"
    superd.unit("shop", 'exec = ["sleep", "100000"]\n')
    superd.unit("page", hosted(processes.free_port(), "workers = { min = 1, max = 2 }"))
    superd.ctl("apply")
    superd.await_state("shop", "ready")
    superd.await_that(lambda: superd.instance("page/0")["state"] == "ready")


def test_the_least_number_is_the_operators_too(superd):
    superd.unit("shop", hosted(processes.free_port(), "workers = { min = 1, max = 3 }"))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    superd.ctl("scale", "shop=3")
    superd.ctl("scale", "shop=1")
    assert len(superd.instances()) == 1
    processes.kill(superd.parts()["supervisor"])
    assert "1, scaled by the operator (configured: 1)" in superd.ctl("status", "shop").stdout
    superd.ctl("scale", "--reset", "shop")
    assert ", of 1 to 3 as needed" in superd.ctl("status", "shop").stdout
    told = [one["message"] for one in superd.events() if "by the operator" in one.get("message", "")]
    assert told == ["instances 1 → 3, by the operator (configured: 1)", "instances 3 → 1, by the operator (configured: 1)"]


def test_one_that_is_used_does_not_fall_asleep(superd):
    port = processes.free_port()
    superd.unit("shop", f'exec = ["python3", "{PROGRAMS / "acceptor.py"}"]\nautostart = "on-demand"\n'
                f'idle-timeout = "200ms"\n[listen]\nhttp = "tcp://127.0.0.1:{port}"\n')
    superd.start()
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
        superd.await_state("shop", "ready")
        stopped = threading.Event()
        superd.await_that(lambda: stopped.wait(1.5) or True)
        assert superd.instance("shop")["state"] == "ready", "a connection is held"
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.0 200")
    superd.await_that(lambda: "asleep" in superd.instance("shop")["reason"])


def test_workers_come_with_the_load_and_go_with_it(superd):
    port = processes.free_port()
    superd.unit("shop", hosted(port, 'model = "threads"\nthreads = 1\n'
                               'workers = { min = 0, max = 3, idle-timeout = "500ms" }', module="hosted:handler"))
    superd.start()
    assert superd.instance("shop/0")["state"] == "waiting"
    assert "1, of 0 to 3 as needed" in superd.ctl("status", "shop", expect=None).stdout
    over = threading.Event()

    def load():
        while not over.is_set():
            ask(port, "/slow")

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    superd.await_that(lambda: len([one for one in superd.instances().values() if one["state"] == "ready"]) == 3)
    over.set()
    for thread in threads:
        thread.join()
    superd.await_that(lambda: list(superd.instances()) == ["shop/0"])
    superd.await_that(lambda: "asleep" in superd.instance("shop/0")["reason"])
    told = [one["message"] for one in superd.events() if one.get("message", "").startswith("workers ")]
    assert any(one.startswith("workers 1 → 2: ") for one in told)
    assert ask(port)[:1] != []


def test_each_worker_has_a_processor_of_its_own(superd):
    port, allowed = processes.free_port(), sorted(os.sched_getaffinity(0))
    superd.unit("shop", hosted(port, 'workers = 2\ncpus = "each"'))
    superd.start()
    superd.ctl("wait", "shop", "--ready")
    for index in range(2):
        assert settings_of(superd.pid(f"shop/{index}"))["cpus"] == [allowed[index % len(allowed)]]
